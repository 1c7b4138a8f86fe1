import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import mqttPacket, { type IPublishPacket, type Packet } from 'mqtt-packet';

import { packetLength, ProtocolViolation } from '../../../../twin/iot/broker/frames.ts';
import { decodePublish, encodePublish } from '../../../../twin/iot/broker/publish-packet.ts';

function headerLength(packet: Buffer): number {
  let at = 1;
  while (packet[at]! >= 0x80) at += 1;
  return at + 1;
}

function parseWithMqttPacket(bytes: Buffer, protocolVersion: number): IPublishPacket {
  const parser = mqttPacket.parser({ protocolVersion });
  let parsed: Packet | undefined;
  parser.on('packet', (packet) => (parsed = packet));
  parser.parse(bytes);
  return parsed as IPublishPacket;
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'));
const topic = text.filter((value) => value !== '');
const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const properties = fc.record(
  {
    payloadFormatIndicator: fc.boolean(),
    messageExpiryInterval: fc.integer({ min: 1, max: 604_800 }),
    contentType: topic,
    responseTopic: topic,
    correlationData: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    userProperties: fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }),
  },
  { requiredKeys: [] },
);

describe('a PUBLISH', () => {
  test('is read as it was written, in both versions and both qualities of service', () => {
    fc.assert(
      fc.property(
        topic,
        payload,
        properties,
        fc.constantFrom(4, 5),
        fc.constantFrom(0, 1),
        fc.boolean(),
        (...fields) => {
          const [name, content, given, version, qos, retain] = fields;
          const { bytes, packetIdOffset } = encodePublish(
            { topic: name, payload: content, properties: given },
            version as 4,
            qos as 0,
            retain,
          );
          if (qos === 1) bytes.writeUInt16BE(4711, packetIdOffset);
          expect(packetLength(bytes, 0)).toBe(bytes.length);
          const expected = version === 5 && Object.keys(given).length > 0 ? { ...given } : undefined;
          expect(decodePublish(bytes, headerLength(bytes), version as 4)).toEqual({
            topic: name,
            payload: content,
            qos,
            retain,
            packetId: qos === 1 ? 4711 : 0,
            properties: expected,
          });
        },
      ),
    );
  });

  test('means to mqtt-packet what it means here', () => {
    fc.assert(
      fc.property(topic, payload, fc.constantFrom(4, 5), fc.boolean(), (name, content, version, retain) => {
        const { bytes, packetIdOffset } = encodePublish(
          { topic: name, payload: content, properties: { contentType: 'x' } },
          version as 4,
          1,
          retain,
        );
        bytes.writeUInt16BE(7, packetIdOffset);
        expect(parseWithMqttPacket(bytes, version)).toMatchObject({
          topic: name,
          payload: content,
          qos: 1,
          retain,
          dup: false,
          messageId: 7,
        });
      }),
    );
  });

  test('keeps user properties in order and repeated', () => {
    const userProperties: [string, string][] = [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ];
    const { bytes } = encodePublish(
      { topic: 't', payload: Buffer.alloc(0), properties: { userProperties } },
      5,
      0,
      false,
    );
    expect(decodePublish(bytes, headerLength(bytes), 5).properties).toEqual({ userProperties });
  });
});

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

describe('a malformed PUBLISH', () => {
  test.each([
    ['with both QoS bits', '36 05 0001 74 0001', 0x81],
    ['with DUP at QoS 0', '38 03 0001 74', 0x81],
    ['whose topic is longer than the packet', '30 03 0005 74', 0x81],
    ['with packet identifier 0', '32 06 0001 74 0000 00', 0x82],
    ['without its packet identifier', '32 03 0001 74', 0x81],
    ['whose topic is not UTF-8', '30 05 0002 c328 00', 0x81],
    ['whose topic contains U+0000', '30 04 0001 00 00', 0x81],
    ['whose properties are longer than the packet', '30 05 0001 74 09 01', 0x81],
    ['with an unknown property', '30 06 0001 74 02 7f00', 0x82],
    ['with a property twice', '30 08 0001 74 04 0101 0100', 0x82],
    ['with a payload format of 2', '30 06 0001 74 02 0102', 0x82],
    ['with a subscription identifier', '30 06 0001 74 02 0b01', 0x82],
    ['whose last property passes the properties’ end', '30 08 0001 74 02 0200 000001', 0x81],
  ])('%s is refused', (_name, digits, reasonCode) => {
    const bytes = hex(digits);
    expect(() => decodePublish(bytes, 2, 5)).toThrow(ProtocolViolation);
    expect(() => decodePublish(bytes, 2, 5)).toThrow(expect.objectContaining({ reasonCode }));
  });

  test('never throws anything else, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 60 }), fc.constantFrom(4, 5), (random, version) => {
        const bytes = Buffer.from(random);
        bytes[0] = 0x30 | (bytes[0]! & 0x0f);
        try {
          decodePublish(bytes, 2, version as 4);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the length of a packet', () => {
  test.each([
    ['30', 0],
    ['30 00', 2],
    ['30 7f', 129],
    ['30 80', 0],
    ['30 80 01', 131],
    ['30 ff ff ff 7f', 268_435_460],
  ])('%s: %i', (digits, expected) => expect(packetLength(hex(digits), 0)).toBe(expected));

  test('is malformed with a fifth byte', () => {
    expect(() => packetLength(hex('30 ff ff ff ff 01'), 0)).toThrow(ProtocolViolation);
  });
});
