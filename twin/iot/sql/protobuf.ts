import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';

import { EvaluationFailure } from './errors.ts';
import { ExactNumber } from './exact-number.ts';
import type { Value } from './value.ts';

/** Limits of protobuf in rules (Developer Guide, "Working with binary payloads", Limitations). */
const MAX_DESCRIPTOR_BYTES = 32_768;
const MAX_DECODED_BYTES = 131_072;
const MAX_CACHED_TYPES = 64;

/** Compiled types by the descriptor's bytes, which a rule's every message comes with again. */
const types = new Map<string, protobuf.Type>();

/**
 * Decodes one message by a `FileDescriptorSet`. Fields keep the names of the `.proto` file; unset fields are left out, enums are
 * names, bytes base64, and 64-bit numbers exact Ints.
 * @param file the `.proto` file, with or without its extension
 * @throws EvaluationFailure where the descriptor, the type or the message is not what the statement says
 */
export function decodeProtobufMessage(
  descriptorSet: Uint8Array,
  file: string,
  type: string,
  message: Uint8Array,
): Value {
  if (descriptorSet.length > MAX_DESCRIPTOR_BYTES) {
    throw new EvaluationFailure(
      `decode(): the descriptor has ${descriptorSet.length} bytes, and ${MAX_DESCRIPTOR_BYTES} are allowed`,
    );
  }
  const messageType = typeOf(descriptorSet, file, type);
  let value: Value;
  try {
    value = toValue(messageType, messageType.decode(message));
  } catch (cause) {
    throw new EvaluationFailure(`decode(): the message is not a ${type}`, { cause });
  }
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_DECODED_BYTES) {
    throw new EvaluationFailure(`decode(): the decoded message is over ${MAX_DECODED_BYTES} bytes`);
  }
  return value;
}

function typeOf(descriptorSet: Uint8Array, file: string, type: string): protobuf.Type {
  const key = `${file}\0${type}\0${Buffer.from(descriptorSet).toString('latin1')}`;
  let found = types.get(key);
  if (!found) {
    found = readType(descriptorSet, file, type);
    if (types.size >= MAX_CACHED_TYPES) types.delete(types.keys().next().value!);
    types.set(key, found);
  }
  return found;
}

function readType(descriptorSet: Uint8Array, file: string, type: string): protobuf.Type {
  let files: readonly { name?: string | null; package?: string | null }[];
  let root: protobuf.Root;
  try {
    files = descriptor.FileDescriptorSet.decode(descriptorSet).file ?? [];
    root = protobuf.Root.fromDescriptor(descriptorSet, { keepCase: true });
    root.resolveAll();
  } catch (cause) {
    throw new EvaluationFailure('decode(): the descriptor is not a FileDescriptorSet', { cause });
  }
  const name = file.endsWith('.proto') ? file : `${file}.proto`;
  const source = files.find((candidate) => candidate.name === name || candidate.name?.endsWith(`/${name}`));
  if (!source) throw new EvaluationFailure(`decode(): the descriptor has no file ${name}`);
  try {
    return root.lookupType(
      source.package && !type.startsWith(`${source.package}.`) ? `${source.package}.${type}` : type,
    );
  } catch (cause) {
    throw new EvaluationFailure(`decode(): ${name} has no message ${type}`, { cause });
  }
}

/** Own properties of a decoded message are the fields that were set. */
function toValue(type: protobuf.Type, message: protobuf.Message): Value {
  const output: Record<string, Value> = {};
  for (const field of type.fieldsArray) {
    if (!Object.hasOwn(message, field.name)) continue;
    const value = (message as unknown as Record<string, unknown>)[field.name];
    output[field.name] = fieldValue(field, value);
  }
  return output;
}

function fieldValue(field: protobuf.Field, value: unknown): Value {
  if (Array.isArray(value)) return value.map((item: unknown) => singleValue(field, item));
  if (!field.map) return singleValue(field, value);
  const entries = Object.entries(value as Record<string, unknown>).map(
    ([key, item]) => [key, singleValue(field, item)] as const,
  );
  return Object.fromEntries(entries);
}

function singleValue(field: protobuf.Field, value: unknown): Value {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Type) return toValue(resolvedType, value as protobuf.Message);
  if (resolvedType instanceof protobuf.Enum) return resolvedType.valuesById[value as number] ?? (value as number);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'number') return Number.isFinite(value) ? singleNumber(field, value) : String(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  // 64-bit numbers come as objects whose text is exact.
  return ExactNumber.parse(String(value));
}

/** A float has seven digits worth showing; as a double it would show the noise behind them. */
function singleNumber(field: protobuf.Field, value: number): Value {
  return ExactNumber.fromDouble(field.type === 'float' ? Number(Math.fround(value).toPrecision(7)) : value);
}
