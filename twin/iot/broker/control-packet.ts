import mqttPacket, { type Packet } from 'mqtt-packet';

import { ProtocolViolation } from './frames.ts';
import { REASON } from './reason-codes.ts';

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
      checkProperties(parsed as { properties?: Record<string, unknown> });
      checkProperties((parsed as { will?: { properties?: Record<string, unknown> } }).will);
      return parsed;
    },
  };
}

/** What `mqtt-packet` lets pass: a property given twice becomes an array, one cut short becomes null or -1. */
function checkProperties(holder: { properties?: Record<string, unknown> } | undefined): void {
  for (const [name, value] of Object.entries(holder?.properties ?? {})) {
    if (name === 'userProperties') continue;
    if (Array.isArray(value)) throw new ProtocolViolation(`${name} appears twice`, REASON.PROTOCOL_ERROR);
    if (value === null || value === undefined || value === -1) throw new Error(`${name} is cut short`);
  }
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
    if (error instanceof ProtocolViolation) throw error;
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
