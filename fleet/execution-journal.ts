import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

import type { ExecutionJournal, ExecutionRecord } from './command-executor.ts';

/** Kept a day past its deadline: longer than any repetition of a message can take (MQTT message expiry is at most 7 days, ours is the deadline). */
const KEEP_MS = 86_400_000;
/** Lines after which the file is written anew without what may be forgotten. */
const COMPACT_AFTER = 1_000;

/** A journal in a file of JSON lines, one a record; a later line for the same id replaces the earlier one. */
export class FileJournal implements ExecutionJournal {
  readonly #file: string;
  readonly #now: () => number;
  readonly #records = new Map<string, ExecutionRecord>();
  #lines = 0;

  constructor(file: string, now: () => number) {
    this.#file = file;
    this.#now = now;
    if (!existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const record = parse(line);
      if (!record) continue;
      this.#records.set(record.id, record);
      this.#lines++;
    }
  }

  find(id: string): ExecutionRecord | undefined {
    return this.#records.get(id);
  }

  record(record: ExecutionRecord): void {
    this.#records.set(record.id, record);
    appendFileSync(this.#file, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    if (++this.#lines > COMPACT_AFTER) this.#compact();
  }

  /** Commands that had begun when the vehicle lost power: nobody knows how far they got. */
  interrupted(): ExecutionRecord[] {
    return [...this.#records.values()].filter((record) => !record.answer);
  }

  #compact(): void {
    const oldest = this.#now() - KEEP_MS;
    for (const [id, record] of this.#records) if (record.deadline < oldest) this.#records.delete(id);
    const next = `${this.#file}.next`;
    writeFileSync(next, [...this.#records.values()].map((record) => `${JSON.stringify(record)}\n`).join(''), {
      mode: 0o600,
    });
    renameSync(next, this.#file);
    this.#lines = this.#records.size;
  }
}

/** A line that was cut off by a power cut is no record. */
function parse(line: string): ExecutionRecord | undefined {
  try {
    const record = JSON.parse(line) as ExecutionRecord;
    return typeof record.id === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}
