import type { Encoder as CborCodec } from 'cbor-x';

import { ProvisioningRefusal } from './refusal.ts';

export type PayloadFormat = 'json' | 'cbor';
export type Payload = Readonly<Record<string, unknown>>;

/** Limit of an MQTT payload on IoT Core; whatever else calls gets the same. */
const LONGEST_PAYLOAD = 131_072;
/** Members of a request nest two deep; a decoder must not be led deeper. */
const DEEPEST = 8;

/**
 * Reads a request. An empty payload is an empty request, as CreateKeysAndCertificate sends it.
 *
 * @throws ProvisioningRefusal InvalidPayload when it is not one map in this format
 */
export async function decodePayload(format: PayloadFormat, payload: Uint8Array): Promise<Payload> {
  if (payload.length === 0) return {};
  if (payload.length > LONGEST_PAYLOAD) throw invalid('The payload is too large.');
  let value: unknown;
  try {
    value =
      format === 'json'
        ? JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
        : await decodeCbor(payload);
  } catch {
    throw invalid(`The payload is not valid ${format.toUpperCase()}.`);
  }
  if (!isMap(value)) throw invalid(`The payload must be a ${format === 'json' ? 'JSON object' : 'CBOR map'}.`);
  if (depthOf(value, DEEPEST) > DEEPEST) throw invalid('The payload is nested too deeply.');
  return value;
}

export async function encodePayload(format: PayloadFormat, value: Payload): Promise<Buffer> {
  if (format === 'json') return Buffer.from(JSON.stringify(value));
  const encoder = await cborCodec();
  return Buffer.from(encoder.encode(value));
}

async function cborCodec(): Promise<CborCodec> {
  const { Encoder } = await import('cbor-x');
  // Without records and with plain maps: what any other implementation reads and writes.
  return new Encoder({ useRecords: false, mapsAsObjects: true, variableMapSize: true });
}

async function decodeCbor(payload: Uint8Array): Promise<unknown> {
  return (await cborCodec()).decode(payload);
}

function invalid(message: string): ProvisioningRefusal {
  return new ProvisioningRefusal('InvalidPayload', message);
}

function isMap(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function depthOf(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null || limit < 0) return 0;
  let deepest = 0;
  for (const member of Object.values(value)) deepest = Math.max(deepest, depthOf(member, limit - 1));
  return deepest + 1;
}
