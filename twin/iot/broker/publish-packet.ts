import type { PublicationProperties } from '../publication.ts';
import { PacketReader, ProtocolViolation } from './frames.ts';
import { REASON } from './reason-codes.ts';

/**
 * The PUBLISH packet in both directions. `mqtt-packet` reads and writes all other packets; this one is on every
 * message's path, must keep user properties in order, and is encoded once for all its receivers.
 */
export interface PublishPacket {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** 0 for QoS 0. */
  readonly packetId: number;
  readonly topicAlias?: number;
  readonly properties?: PublicationProperties;
}

const PROPERTY = {
  PAYLOAD_FORMAT: 0x01,
  MESSAGE_EXPIRY: 0x02,
  CONTENT_TYPE: 0x03,
  RESPONSE_TOPIC: 0x08,
  CORRELATION_DATA: 0x09,
  TOPIC_ALIAS: 0x23,
  USER_PROPERTY: 0x26,
} as const;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function readProperties(reader: PacketReader): { topicAlias?: number; properties?: PublicationProperties } {
  const length = reader.variableInteger();
  if (length === 0) return {};
  if (length > reader.remaining) throw new ProtocolViolation('properties are longer than the packet');
  const end = reader.position + length;
  const properties: Mutable<PublicationProperties> = {};
  let userProperties: [string, string][] | undefined;
  let topicAlias: number | undefined;
  const seen = new Set<number>();
  while (reader.position < end) {
    const id = reader.byte();
    if (seen.has(id) && id !== PROPERTY.USER_PROPERTY)
      throw new ProtocolViolation('property appears twice', REASON.PROTOCOL_ERROR);
    seen.add(id);
    switch (id) {
      case PROPERTY.PAYLOAD_FORMAT: {
        const format = reader.byte();
        if (format > 1)
          throw new ProtocolViolation('payload format indicator is neither 0 nor 1', REASON.PROTOCOL_ERROR);
        properties.payloadFormatIndicator = format === 1;
        break;
      }
      case PROPERTY.MESSAGE_EXPIRY:
        properties.messageExpiryInterval = reader.uint32();
        break;
      case PROPERTY.CONTENT_TYPE:
        properties.contentType = reader.string();
        break;
      case PROPERTY.RESPONSE_TOPIC:
        properties.responseTopic = reader.string();
        break;
      case PROPERTY.CORRELATION_DATA:
        properties.correlationData = Buffer.from(reader.binary());
        break;
      case PROPERTY.TOPIC_ALIAS:
        topicAlias = reader.uint16();
        break;
      case PROPERTY.USER_PROPERTY:
        (userProperties ??= []).push([reader.string(), reader.string()]);
        break;
      default:
        throw new ProtocolViolation(
          `property 0x${id.toString(16)} does not belong in a PUBLISH`,
          REASON.PROTOCOL_ERROR,
        );
    }
  }
  if (reader.position !== end) throw new ProtocolViolation('properties are longer than their length');
  if (userProperties) properties.userProperties = userProperties;
  return { topicAlias, properties: Object.keys(properties).length > 0 ? properties : undefined };
}

/**
 * Reads one whole PUBLISH. Its payload shares memory with `packet`.
 *
 * @throws ProtocolViolation
 */
export function decodePublish(packet: Buffer, headerLength: number, version: 4 | 5): PublishPacket {
  const flags = packet[0]! & 0x0f;
  const qos = (flags >> 1) & 3;
  if (qos === 3) throw new ProtocolViolation('both QoS bits are set');
  if (qos === 0 && flags & 8) throw new ProtocolViolation('DUP is set on a QoS 0 message');
  const reader = new PacketReader(packet, headerLength);
  const topic = reader.string();
  const packetId = qos > 0 ? reader.uint16() : 0;
  if (qos > 0 && packetId === 0) throw new ProtocolViolation('packet identifier is 0', REASON.PROTOCOL_ERROR);
  const { topicAlias, properties } = version === 5 ? readProperties(reader) : {};
  return {
    topic,
    payload: reader.rest(),
    qos: qos as 0 | 1 | 2,
    retain: (flags & 1) === 1,
    packetId,
    topicAlias,
    properties,
  };
}

function variableIntegerLength(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}

function writeVariableInteger(target: Buffer, at: number, value: number): number {
  let rest = value;
  let position = at;
  do {
    const digit = rest % 128;
    rest = (rest - digit) / 128;
    target[position++] = rest > 0 ? digit | 0x80 : digit;
  } while (rest > 0);
  return position;
}

/** Collects properties as bytes; used off the hot path only, since most messages carry none. */
function encodeProperties(properties: PublicationProperties): Buffer {
  const parts: Buffer[] = [];
  const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
  const text = (id: number, ...values: (string | Buffer)[]): void => {
    parts.push(Buffer.from([id]));
    for (const value of values) {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      parts.push(uint16(bytes.length), bytes);
    }
  };
  if (properties.payloadFormatIndicator !== undefined)
    parts.push(Buffer.from([PROPERTY.PAYLOAD_FORMAT, properties.payloadFormatIndicator ? 1 : 0]));
  if (properties.messageExpiryInterval !== undefined) {
    const bytes = Buffer.alloc(5, PROPERTY.MESSAGE_EXPIRY);
    bytes.writeUInt32BE(properties.messageExpiryInterval, 1);
    parts.push(bytes);
  }
  if (properties.contentType !== undefined) text(PROPERTY.CONTENT_TYPE, properties.contentType);
  if (properties.responseTopic !== undefined) text(PROPERTY.RESPONSE_TOPIC, properties.responseTopic);
  if (properties.correlationData !== undefined) text(PROPERTY.CORRELATION_DATA, properties.correlationData);
  for (const [key, value] of properties.userProperties ?? []) text(PROPERTY.USER_PROPERTY, key, value);
  return Buffer.concat(parts);
}

/** An encoded PUBLISH; for QoS 1 the packet identifier is written at `packetIdOffset` of a copy. */
export interface EncodedPublish {
  readonly bytes: Buffer;
  /** 0 for QoS 0. */
  readonly packetIdOffset: number;
}

/** Encodes for `version`; properties exist in MQTT 5 only. DUP is never set: IoT Core does not support it. */
export function encodePublish(
  message: Pick<PublishPacket, 'topic' | 'payload' | 'properties'>,
  version: 4 | 5,
  qos: 0 | 1,
  retain: boolean,
): EncodedPublish {
  const topicLength = Buffer.byteLength(message.topic);
  const properties = version === 5 && message.properties ? encodeProperties(message.properties) : undefined;
  const propertiesLength = properties?.length ?? 0;
  const remaining =
    2 +
    topicLength +
    (qos === 1 ? 2 : 0) +
    (version === 5 ? variableIntegerLength(propertiesLength) + propertiesLength : 0) +
    message.payload.length;
  const bytes = Buffer.allocUnsafe(1 + variableIntegerLength(remaining) + remaining);
  bytes[0] = 0x30 | (qos << 1) | (retain ? 1 : 0);
  let at = writeVariableInteger(bytes, 1, remaining);
  at = bytes.writeUInt16BE(topicLength, at);
  at += bytes.write(message.topic, at);
  const packetIdOffset = qos === 1 ? at : 0;
  if (qos === 1) at += 2;
  if (version === 5) {
    at = writeVariableInteger(bytes, at, propertiesLength);
    if (properties) at += properties.copy(bytes, at);
  }
  message.payload.copy(bytes, at);
  return { bytes, packetIdOffset };
}
