import { Validator, type Schema } from '@cfworker/json-schema';

/** A JSON Schema (2020-12, so that OpenAPI 3.1 and AsyncAPI 3 can embed it). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is wrong in a document: where (JSON Pointer, `''` is the whole document) and what. */
export interface Violation {
  readonly pointer: string;
  readonly message: string;
}

const validators = new WeakMap<JsonSchema, Validator>();

/** Keywords that only pass on what a keyword below them says. */
const STRUCTURAL = new Set(['properties', 'items', 'anyOf', 'false']);

/**
 * Checks a document against a schema. Validators are made at first use and kept by identity, so pass constants. They
 * interpret: nothing is generated and evaluated, and a Lambda carries 23 KB of validator instead of 120.
 * @returns every violation; an empty list when the document is valid
 */
export function violations(schema: JsonSchema, document: unknown): readonly Violation[] {
  let validator = validators.get(schema);
  if (!validator) {
    validator = new Validator(schema as Schema, '2020-12', false);
    validators.set(schema, validator);
  }
  const { valid, errors } = validator.validate(document);
  if (valid) return [];
  const telling = errors.filter((error) => !STRUCTURAL.has(error.keyword));
  return (telling.length > 0 ? telling : errors).map(({ instanceLocation, error }) => ({
    pointer: instanceLocation.replace(/^#/, ''),
    message: error,
  }));
}
