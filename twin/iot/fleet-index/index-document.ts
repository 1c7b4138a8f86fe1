import type { Place } from './query/geo-distance.ts';
import { numberOf, type IndexDocument, type IndexedValue } from './query/matching.ts';

export type Simple = string | number | boolean;

/** A value together with what it was before it was made searchable. */
export interface FieldValue extends IndexedValue {
  readonly raw: Simple;
}

const NONE: readonly never[] = [];

/** Fields of one thing or thing group, by their names in queries. */
export class FieldsDocument implements IndexDocument {
  readonly #fields = new Map<string, FieldValue[]>();
  readonly #searchedWithoutField = new Set<string>();
  readonly #unsearchable = new Map<string, FieldValue[]>();
  readonly #places = new Map<string, readonly Place[]>();

  values(field: string): readonly FieldValue[] {
    return this.#fields.get(field) ?? NONE;
  }

  *allValues(): Generator<FieldValue> {
    for (const field of this.#searchedWithoutField) yield* this.values(field);
  }

  places(field: string): readonly Place[] {
    return this.#places.get(field) ?? NONE;
  }

  /** What aggregations see: versions too, which queries do not. */
  aggregated(field: string): readonly FieldValue[] {
    return this.#unsearchable.get(field) ?? this.values(field);
  }

  /** Texts that look like numbers are numbers too (developer guide, "Numeric values"). */
  addText(field: string, text: string, searchedWithoutField = true): void {
    const number = numberOf(text);
    this.#put(field, { raw: text, text: text.toLowerCase(), ...(number !== undefined && { number }) });
    if (searchedWithoutField) this.#searchedWithoutField.add(field);
  }

  add(field: string, value: Simple | undefined, searchedWithoutField = false): void {
    if (value === undefined) return;
    this.#put(field, valueOf(value));
    if (searchedWithoutField) this.#searchedWithoutField.add(field);
  }

  addUnsearchable(field: string, value: number): void {
    this.#unsearchable.set(field, [valueOf(value)]);
  }

  addPlace(field: string, place: Place | undefined): void {
    if (place) this.#places.set(field, [place]);
  }

  /**
   * A JSON value below this field name. Of arrays only those of simple values are indexed; nulls are not (developer
   * guide, "Restrictions and limitations").
   */
  addJson(field: string, value: unknown, searchedWithoutField: boolean): void {
    if (isSimple(value)) this.add(field, value, searchedWithoutField);
    else if (Array.isArray(value)) {
      if (value.every(isSimple)) for (const element of value) this.add(field, element, searchedWithoutField);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value))
        this.addJson(`${field}.${name}`, member, searchedWithoutField);
    }
  }

  #put(field: string, value: FieldValue): void {
    const values = this.#fields.get(field);
    if (values) values.push(value);
    else this.#fields.set(field, [value]);
  }
}

function valueOf(value: Simple): FieldValue {
  return {
    raw: value,
    text: String(value).toLowerCase(),
    ...(typeof value === 'number' && { number: value }),
  };
}

function isSimple(value: unknown): value is Simple {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
