import type { Shape } from './shape.ts';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';

/** A value of the wire whose type is not the model's. */
export class SerializationError extends Error {}

/** restJson1 names members by their `jsonName`; awsJson by their member name (https://smithy.io/2.0/aws/protocols/). */
export interface JsonNaming {
  readonly useJsonName: boolean;
  /** The format has points in time and bytes of its own (CBOR), so that they are not written as numbers and base64. */
  readonly native?: boolean;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Turns JSON of the wire into an operation's input: timestamps become Dates, blobs become bytes, unknown members and
 * nulls are dropped.
 *
 * @throws SerializationError when a value has another type than the model's
 */
export function readJson(shape: Shape, value: unknown, naming: JsonNaming, path = ''): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return readStructure(shape, objectAt(value, path), naming, path);
    case 'list': {
      if (!Array.isArray(value)) throw mismatch('a list', path);
      const sparse = shape.traits['sparse'] !== undefined;
      return (value as unknown[])
        .filter((element) => sparse || element !== null)
        .map((element, index) =>
          element === null ? null : readJson(shape.element, element, naming, `${path}.${index + 1}.member`),
        );
    }
    case 'map': {
      const entries = Object.entries(objectAt(value, path)).filter(([, element]) => element !== null);
      return Object.fromEntries(
        entries.map(([key, element]) => [key, readJson(shape.element, element, naming, `${path}.${key}.member`)]),
      );
    }
    default:
      return readScalar(shape, value, path);
  }
}

function readStructure(
  shape: Shape,
  source: Record<string, unknown>,
  naming: JsonNaming,
  path: string,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of shape.members) {
    const wireName = naming.useJsonName ? String(member.traits['jsonName'] ?? name) : name;
    const value = Object.hasOwn(source, wireName) ? source[wireName] : undefined;
    if (value !== undefined && value !== null) {
      result[name] = readJson(member, value, naming, path === '' ? camelCase(name) : `${path}.${camelCase(name)}`);
    }
  }
  return result;
}

function readScalar(shape: Shape, value: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'string':
      if (typeof value !== 'string') throw mismatch('a string', path);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw mismatch('a boolean', path);
      return value;
    case 'number':
      if (typeof value === 'string' && ['NaN', 'Infinity', '-Infinity'].includes(value)) return Number(value);
      if (typeof value === 'bigint') return Number(value);
      if (typeof value !== 'number') throw mismatch('a number', path);
      return value;
    case 'timestamp': {
      const date = value instanceof Date ? value : parseTimestamp(value);
      if (!date) throw mismatch('a timestamp', path);
      return date;
    }
    case 'blob':
      if (value instanceof Uint8Array) return bytesOf(value);
      if (typeof value !== 'string' || !BASE64.test(value)) throw mismatch('base64 text', path);
      return Buffer.from(value, 'base64');
    case 'unit':
      return {};
    default:
      return value;
  }
}

/** Turns an operation's output into what `JSON.stringify` writes to the wire. */
export function writeJson(shape: Shape, value: unknown, naming: JsonNaming): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union': {
      const source = value as Record<string, unknown>;
      const result: Record<string, unknown> = {};
      for (const [name, member] of shape.members) {
        const element = source[name];
        if (element === undefined || element === null) continue;
        result[naming.useJsonName ? String(member.traits['jsonName'] ?? name) : name] = writeJson(
          member,
          element,
          naming,
        );
      }
      return result;
    }
    case 'list':
      return [...(value as Iterable<unknown>)].map((element) =>
        element === null ? null : writeJson(shape.element, element, naming),
      );
    case 'map': {
      const entries = Object.entries(value as object).filter(([, element]) => element !== undefined);
      return Object.fromEntries(
        entries.map(([key, element]) => [key, element === null ? null : writeJson(shape.element, element, naming)]),
      );
    }
    case 'timestamp':
      if (naming.native) return value instanceof Date ? value : new Date(Number(value));
      return formatTimestamp(value, shape.timestampFormat, 'epoch-seconds');
    case 'blob':
      return naming.native ? bytesOf(value) : bytesOf(value).toString('base64');
    case 'unit':
      return {};
    default:
      return value;
  }
}

/** Bytes of a blob that an operation gave as bytes or as text. */
export function bytesOf(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  const bytes = value as Uint8Array;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function objectAt(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch('an object', path);
  return value as Record<string, unknown>;
}

function mismatch(expected: string, path: string): SerializationError {
  return new SerializationError(
    path === '' ? `The body must be ${expected}.` : `The value at '${path}' must be ${expected}.`,
  );
}

function camelCase(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
