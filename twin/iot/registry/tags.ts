import type { RegistryContext } from './context.ts';
import { invalidRequest } from './failures.ts';
import type { Table } from './table.ts';

export interface Tag {
  readonly Key: string | undefined;
  readonly Value?: string | undefined;
}

const TAGS_PER_RESOURCE = 50;

/** Tags of IoT resources, by ARN. */
export class Tags {
  readonly #table: Table<Record<string, string>>;

  constructor(context: RegistryContext) {
    this.#table = context.tables.open<Record<string, string>>('iot.tags');
  }

  set(resourceArn: string, tags: readonly Tag[] | undefined): void {
    if (!tags?.length) return;
    const next = { ...this.#table.get(resourceArn) };
    for (const { Key: key, Value: value } of tags) {
      if (!key || key.length > 128 || key.startsWith('aws:')) throw invalidRequest(`Invalid tag key: ${key}`);
      if ((value ?? '').length > 256) throw invalidRequest(`The value of tag ${key} is longer than 256 characters`);
      next[key] = value ?? '';
    }
    if (Object.keys(next).length > TAGS_PER_RESOURCE) {
      throw invalidRequest(`A resource can have at most ${TAGS_PER_RESOURCE} tags`);
    }
    this.#table.set(resourceArn, next);
  }

  /** What a stack does: the tags are these and no others. */
  replace(resourceArn: string, tags: readonly Tag[]): void {
    this.#table.delete(resourceArn);
    this.set(resourceArn, tags);
  }

  remove(resourceArn: string, keys: readonly string[]): void {
    const next = { ...this.#table.get(resourceArn) };
    for (const key of keys) delete next[key];
    if (Object.keys(next).length > 0) this.#table.set(resourceArn, next);
    else this.#table.delete(resourceArn);
  }

  list(resourceArn: string): { Key: string; Value: string }[] {
    return Object.entries(this.#table.get(resourceArn) ?? {}).map(([Key, Value]) => ({ Key, Value }));
  }

  forget(resourceArn: string): void {
    this.#table.delete(resourceArn);
  }
}
