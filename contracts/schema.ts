import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/** A JSON Schema (the subset on which draft-07 and 2020-12 agree, so that OpenAPI 3.1 can embed it). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is wrong in a document: where (JSON Pointer, `''` is the whole document) and what. */
export interface Violation {
  readonly pointer: string;
  readonly message: string;
}

let ajv: Ajv | undefined;
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Checks a document against a schema. Schemas are compiled at first use and kept by identity, so pass constants.
 * @returns every violation; an empty list when the document is valid
 */
export function violations(schema: JsonSchema, document: unknown): readonly Violation[] {
  let validate = compiled.get(schema);
  if (!validate) {
    ajv ??= new Ajv({ allErrors: true, strict: true });
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  return validate(document) ? [] : (validate.errors ?? []).map(violation);
}

function violation(error: ErrorObject): Violation {
  const detail =
    error.keyword === 'additionalProperties'
      ? `must not have the member ${String(error.params.additionalProperty)}`
      : error.keyword === 'enum'
        ? `must be one of ${(error.params.allowedValues as unknown[]).join(', ')}`
        : (error.message ?? 'is not valid');
  return { pointer: error.instancePath, message: detail };
}
