import mqttPacket, { type Packet } from 'mqtt-packet';

import { ProtocolViolation } from './frames.ts';

/**
 * One parser for all connections: packets reach it whole, one at a time, so that an idle connection holds no parser.
 * It is replaced after whatever it throws.
 */
let parser: ReturnType<typeof newParser> | undefined;

function newParser(): { parse(bytes: Buffer, version: number): Packet } {
  const shared = mqttPacket.parser({ protocolVersion: 4 }) as ReturnType<typeof mqttPacket.parser> & {
    settings: { protocolVersion: number };
  };
  let parsed: Packet | undefined;
  let failure: Error | undefined;
  shared.on('packet', (packet) => (parsed = packet));
  shared.on('error', (error: Error) => (failure ??= error));
  return {
    parse(bytes, version) {
      parsed = failure = undefined;
      shared.settings = { protocolVersion: version };
      shared.parse(bytes);
      if (failure) throw failure;
      if (!parsed) throw new Error('packet ends inside a field');
      return parsed;
    },
  };
}

/**
 * Reads one whole packet that is not a PUBLISH.
 *
 * @throws ProtocolViolation
 */
export function decodeControl(bytes: Buffer, version: number): Packet {
  try {
    return (parser ??= newParser()).parse(bytes, version);
  } catch (error) {
    parser = undefined;
    throw new ProtocolViolation((error as Error).message);
  }
}

/** Writes any packet but PUBLISH in the form of `version`. */
export function encodeControl(packet: Packet, version: 4 | 5): Buffer {
  return mqttPacket.generate(packet, { protocolVersion: version });
}

export const PINGRESP = Buffer.from([0xd0, 0]);

/** PUBACK by hand: it answers every QoS 1 message. A code other than 0 exists in MQTT 5 only. */
export function encodePuback(packetId: number, reasonCode: number): Buffer {
  return reasonCode === 0
    ? Buffer.from([0x40, 2, packetId >> 8, packetId & 0xff])
    : Buffer.from([0x40, 3, packetId >> 8, packetId & 0xff, reasonCode]);
}
