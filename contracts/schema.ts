/** A JSON Schema (2020-12, so that OpenAPI 3.1 and AsyncAPI 3 can embed it), of the keywords in {@link KEYWORDS}. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What is wrong in a document: where (JSON Pointer, `''` is the whole document) and what. */
export interface Violation {
  readonly pointer: string;
  readonly message: string;
}

type Check = (argument: never, value: unknown) => string | undefined;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
};

/** Assertions about one value by itself; each says what is wrong, or nothing. They concern values of their type alone. */
const ASSERTIONS: Readonly<Record<string, Check>> = {
  type: (type: string | string[], value) =>
    [type].flat().some((each) => TYPES[each]!(value)) ? undefined : `must be of type ${[type].flat().join(' or ')}`,
  enum: (allowed: unknown[], value) =>
    allowed.includes(value) ? undefined : `must be one of ${allowed.map(String).join(', ')}`,
  minimum: (limit: number, value) =>
    typeof value === 'number' && value < limit ? `must be at least ${limit}` : undefined,
  maximum: (limit: number, value) =>
    typeof value === 'number' && value > limit ? `must be at most ${limit}` : undefined,
  minLength: (limit: number, value) =>
    typeof value === 'string' && [...value].length < limit ? `must have ${limit} characters or more` : undefined,
  maxLength: (limit: number, value) =>
    typeof value === 'string' && [...value].length > limit ? `must have ${limit} characters or fewer` : undefined,
  pattern: (pattern: string, value) =>
    typeof value === 'string' && !expression(pattern).test(value) ? `must match ${pattern}` : undefined,
  minItems: (limit: number, value) =>
    Array.isArray(value) && value.length < limit ? `must have ${limit} items or more` : undefined,
  maxItems: (limit: number, value) =>
    Array.isArray(value) && value.length > limit ? `must have ${limit} items or fewer` : undefined,
  uniqueItems: (unique: boolean, value) =>
    unique && Array.isArray(value) && new Set(value.map((item) => JSON.stringify(item))).size < value.length
      ? 'must not repeat items'
      : undefined,
  minProperties: (limit: number, value) =>
    isObject(value) && Object.keys(value).length < limit ? `must have ${limit} members or more` : undefined,
};

const ANNOTATIONS = ['$id', 'title', 'description', 'default', 'examples'];

/** Every keyword that schemas here may use; a test holds all schemas to it, and the checks to those of a full validator. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  ...Object.keys(ASSERTIONS),
  ...ANNOTATIONS,
  ...['required', 'properties', 'additionalProperties', 'items', 'anyOf'],
]);

/**
 * Checks a document against a schema. Interpreted, and only what our schemas say: a full validator is half of what a Lambda bundle may
 * weigh, and generates code.
 * @returns every violation; an empty list when the document is valid
 */
export function violations(schema: JsonSchema, document: unknown): readonly Violation[] {
  const found: Violation[] = [];
  check(schema, document, '', found);
  return found;
}

function check(schema: JsonSchema, value: unknown, pointer: string, found: Violation[]): void {
  for (const [keyword, argument] of Object.entries(schema)) {
    const message = ASSERTIONS[keyword]?.(argument as never, value);
    if (message) found.push({ pointer, message });
  }
  if (isObject(value)) checkMembers(schema, value, pointer, found);
  if (Array.isArray(value) && schema['items']) {
    value.forEach((item, index) => check(schema['items'] as JsonSchema, item, `${pointer}/${index}`, found));
  }
  const alternatives = schema['anyOf'] as JsonSchema[] | undefined;
  if (alternatives?.every((each) => violations(each, value).length > 0)) {
    // The first alternative is the usual one: what keeps the value from being that is the most telling.
    check(alternatives[0]!, value, pointer, found);
  }
}

function checkMembers(schema: JsonSchema, value: object, pointer: string, found: Violation[]): void {
  for (const name of (schema['required'] as string[] | undefined) ?? []) {
    if (!Object.hasOwn(value, name)) found.push({ pointer, message: `must have the member ${name}` });
  }
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  for (const [name, member] of Object.entries(value)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (own) check(own, member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, found);
    else if (schema['additionalProperties'] === false)
      found.push({ pointer, message: `must not have the member ${name}` });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const expressions = new Map<string, RegExp>();

function expression(pattern: string): RegExp {
  let compiled = expressions.get(pattern);
  if (!compiled) expressions.set(pattern, (compiled = new RegExp(pattern, 'u')));
  return compiled;
}
