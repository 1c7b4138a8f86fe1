/**
 * The shapes of an AWS service, read from the run-time schemas that the AWS SDK's clients export. A schema is a number
 * (a simple type, or with bit 64 a list of it, with bit 128 a map of it), or a tuple whose first element is the kind:
 * 0 simple, 1 list, 2 map, 3 structure, 4 union, -3 error, 9 operation. A two-element tuple is a member with its traits.
 */

/** Smithy traits by their short names; the HTTP ones say where a member travels (https://smithy.io/2.0/spec/http-bindings.html). */
export type Traits = Readonly<Record<string, unknown>>;

export type ShapeKind =
  'structure' | 'union' | 'list' | 'map' | 'string' | 'number' | 'boolean' | 'blob' | 'timestamp' | 'document' | 'unit';

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds' | 'default';

/** Bits of a numeric trait set, lowest first, in the order of `@smithy/core`. */
const TRAIT_BITS = [
  'httpLabel',
  'idempotent',
  'idempotencyToken',
  'sensitive',
  'httpPayload',
  'httpResponseCode',
  'httpQueryParams',
];

const SIMPLE_KINDS: Readonly<Record<number, ShapeKind>> = {
  0: 'string',
  1: 'number',
  2: 'boolean',
  4: 'timestamp',
  5: 'timestamp',
  6: 'timestamp',
  7: 'timestamp',
  15: 'document',
  17: 'number',
  19: 'number',
  21: 'blob',
  42: 'blob',
};

const TIMESTAMP_FORMATS: Readonly<Record<number, TimestampFormat>> = {
  5: 'date-time',
  6: 'http-date',
  7: 'epoch-seconds',
};

export function traitsOf(value: unknown): Traits {
  if (typeof value === 'number') {
    return Object.fromEntries(TRAIT_BITS.filter((_, bit) => (value >> bit) & 1).map((name) => [name, 1]));
  }
  return (value ?? {}) as Traits;
}

/** One type, with the traits of the member that leads to it. What it contains is read when first asked for. */
export class Shape {
  readonly kind: ShapeKind;
  readonly name: string;
  readonly traits: Traits;
  readonly #schema: unknown;
  #members: ReadonlyMap<string, Shape> | undefined;
  #element: Shape | undefined;

  constructor(reference: unknown) {
    let schema = dereference(reference);
    const traitSets: unknown[] = [];
    while (Array.isArray(schema) && schema.length === 2) {
      traitSets.unshift(schema[1]);
      schema = dereference(schema[0]);
    }
    if (Array.isArray(schema)) traitSets.unshift(schema[3]);
    this.name = Array.isArray(schema) ? String(schema[2]) : '';
    this.traits = Object.assign({}, ...traitSets.map(traitsOf)) as Traits;
    // A named simple type (an enum, a sensitive string) is its target with traits of its own.
    this.#schema = Array.isArray(schema) && schema[0] === 0 ? schema[4] : schema;
    this.kind = kindOf(this.#schema);
  }

  /** Members of a structure or union, in the model's order (required ones first). */
  get members(): ReadonlyMap<string, Shape> {
    if (!this.#members) {
      const [names, schemas] = this.#isComposite() ? (this.#schema as unknown[]).slice(4, 6) : [[], []];
      this.#members = new Map(
        (names as string[]).map((name, index) => [name, new Shape((schemas as unknown[])[index])]),
      );
    }
    return this.#members;
  }

  get required(): readonly string[] {
    if (this.kind !== 'structure' || !Array.isArray(this.#schema)) return [];
    return (this.#schema[4] as string[]).slice(0, (this.#schema[6] as number | undefined) ?? 0);
  }

  /** Type of a list's elements or a map's values. */
  get element(): Shape {
    const schema = this.#schema;
    this.#element ??= new Shape(
      typeof schema === 'number' ? schema & 63 : (schema as unknown[])[this.kind === 'list' ? 4 : 5],
    );
    return this.#element;
  }

  /** XML name traits of a map's keys. */
  get keyTraits(): Traits {
    return Array.isArray(this.#schema) ? new Shape(this.#schema[4]).traits : {};
  }

  get timestampFormat(): TimestampFormat {
    return TIMESTAMP_FORMATS[this.#schema as number] ?? 'default';
  }

  #isComposite(): boolean {
    return this.kind === 'structure' || this.kind === 'union';
  }
}

function dereference(reference: unknown): unknown {
  return typeof reference === 'function' ? dereference((reference as () => unknown)()) : reference;
}

function kindOf(schema: unknown): ShapeKind {
  if (Array.isArray(schema)) {
    if (schema[0] === 1) return 'list';
    if (schema[0] === 2) return 'map';
    if (schema[0] === 4) return 'union';
    return 'structure';
  }
  if (typeof schema !== 'number') return 'unit';
  if (schema & 128) return 'map';
  if (schema & 64) return 'list';
  return SIMPLE_KINDS[schema] ?? 'document';
}
