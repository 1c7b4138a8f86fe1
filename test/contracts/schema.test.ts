import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { COMMANDS } from '../../contracts/commands/catalogue.ts';
import { commandAnswerSchema, commandRequestSchema } from '../../contracts/commands/wire.ts';
import { eventSchema } from '../../contracts/event.ts';
import { provisioningParametersSchema } from '../../contracts/provisioning.ts';
import { KEYWORDS, violations, type JsonSchema } from '../../contracts/schema.ts';
import { telemetrySchema } from '../../contracts/telemetry.ts';

const SCHEMAS: [string, JsonSchema][] = [
  ['telemetry', telemetrySchema],
  ['event', eventSchema],
  ['command request', commandRequestSchema],
  ['command answer', commandAnswerSchema],
  ['provisioning parameters', provisioningParametersSchema],
  ...Object.entries(COMMANDS).flatMap(([name, command]): [string, JsonSchema][] => [
    [`arguments of ${name}`, command.arguments],
    [`result of ${name}`, command.result],
  ]),
];

/** Every keyword of a schema and of those within it; names of members are no keywords. */
function keywords(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keywords);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => [
    keyword,
    ...(keyword === 'properties' ? Object.values(value as object).flatMap(keywords) : []),
    ...(keyword === 'items' || keyword === 'anyOf' ? keywords(value) : []),
  ]);
}

/** Documents near what a schema asks for: right in most places, wrong in some. */
function near(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { type, enum: allowed, properties, items, anyOf } = schema as Record<string, never>;
  const wrong = { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<unknown> };
  const right: fc.Arbitrary<unknown> = allowed
    ? fc.constantFrom(...(allowed as unknown[]))
    : anyOf
      ? fc.oneof(...(anyOf as JsonSchema[]).map(near))
      : type === 'object'
        ? fc
            .tuple(
              fc.record(
                Object.fromEntries(
                  Object.entries(properties ?? {}).map(([name, each]) => [name, near(each as JsonSchema)]),
                ),
                { requiredKeys: [] },
              ),
              fc.dictionary(fc.constantFrom('x', 'toString', '__proto__'), fc.integer(), { maxKeys: 1 }),
            )
            .map(([known, unknown]) => ({ ...known, ...unknown }))
        : type === 'array'
          ? fc.array(items ? near(items) : fc.integer(), { maxLength: 4 })
          : type === 'integer' || type === 'number'
            ? fc.oneof(fc.integer({ min: -5, max: 400 }), fc.double({ noNaN: true, noDefaultInfinity: true }))
            : fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('door.opened', 'V1', 'x'.repeat(65), '😀'));
  return fc.oneof({ weight: 9, arbitrary: right }, wrong);
}

describe('the schema checker', () => {
  const ajv = new Ajv2020({ strict: true });

  test.each(SCHEMAS)('knows every keyword of the schema of %s', (_name, schema) => {
    expect(keywords(schema).filter((keyword) => !KEYWORDS.has(keyword))).toEqual([]);
  });

  test.each(SCHEMAS)('agrees with a full validator about documents near the schema of %s', (_name, schema) => {
    const valid = ajv.compile(schema);
    fc.assert(
      fc.property(near(schema), (document) => {
        expect([document, violations(schema, document).length === 0]).toEqual([document, valid(document)]);
      }),
      { numRuns: 100 },
    );
  });

  test('names every violation, each with its place', () => {
    const found = violations(COMMANDS['horn.honk']!.arguments, { times: 9, loud: true });
    expect(found).toEqual([
      { pointer: '/times', message: 'must be at most 5' },
      { pointer: '', message: 'must not have the member loud' },
    ]);
  });

  test('escapes names in pointers (RFC 6901)', () => {
    const schema = { type: 'object', properties: { 'a/b~c': { type: 'string' } } };
    expect(violations(schema, { 'a/b~c': 1 })).toEqual([{ pointer: '/a~1b~0c', message: 'must be of type string' }]);
  });

  test('tells what keeps a value from the usual one of its alternatives', () => {
    const schema = { anyOf: [{ type: 'number', maximum: 5 }, { type: 'null' }] };
    expect(violations(schema, 6)).toEqual([{ pointer: '', message: 'must be at most 5' }]);
    expect(violations(schema, null)).toEqual([]);
  });
});
