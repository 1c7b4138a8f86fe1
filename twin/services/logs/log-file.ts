import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One event as a line of a file; `number` counts the stream's events. */
export interface StoredLogEvent {
  readonly number: number;
  /** Milliseconds since the epoch, as is `ingestedAt`. */
  readonly timestamp: number;
  readonly ingestedAt: number;
  readonly message: string;
}

/** A stream keeps between one and two times as much; what is older goes. */
const LARGEST_FILE_BYTES = 2 * 1024 * 1024;

/** The events of one log stream: JSON lines, appended before the write returns, in two files of bounded size. */
export class LogFile {
  readonly #path: string;
  readonly #folder: string;
  #bytes: number;
  /** Number of the next event; known once the file has been looked into. */
  #next: number | undefined;

  /** @param folder of the group; made when the first event comes */
  constructor(folder: string, streamName: string) {
    this.#folder = folder;
    this.#path = join(folder, `${fileNameOf(streamName)}.jsonl`);
    this.#bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** @returns the events as they were stored */
  append(events: readonly { readonly timestamp: number; readonly message: string }[], nowMs: number): StoredLogEvent[] {
    const first = this.#next ?? this.#prepare();
    const stored = events.map(({ timestamp, message }, index) => ({
      number: first + index,
      timestamp,
      ingestedAt: nowMs,
      message,
    }));
    const lines = Buffer.from(stored.map((event) => `${JSON.stringify(event)}\n`).join(''), 'utf8');
    if (this.#bytes > 0 && this.#bytes + lines.length > LARGEST_FILE_BYTES) {
      renameSync(this.#path, this.#olderPath);
      this.#bytes = 0;
    }
    appendFileSync(this.#path, lines);
    this.#bytes += lines.length;
    this.#next = first + events.length;
    return stored;
  }

  /** What is kept, in order of arrival. */
  read(): StoredLogEvent[] {
    return [...eventsIn(this.#olderPath), ...eventsIn(this.#path)];
  }

  get storedBytes(): number {
    return this.#bytes + (statSync(this.#olderPath, { throwIfNoEntry: false })?.size ?? 0);
  }

  remove(): void {
    rmSync(this.#path, { force: true });
    rmSync(this.#olderPath, { force: true });
  }

  #prepare(): number {
    mkdirSync(this.#folder, { recursive: true });
    // What a killed process left half written must not swallow the next line.
    if (this.#bytes > 0 && !readFileSync(this.#path).subarray(-1).equals(Buffer.from('\n'))) {
      appendFileSync(this.#path, '\n');
      this.#bytes += 1;
    }
    return (this.read().at(-1)?.number ?? -1) + 1;
  }

  get #olderPath(): string {
    return this.#path.replace(/\.jsonl$/, '.older.jsonl');
  }
}

/** A name that every file system takes, that a person recognises, and that no other group or stream has. */
export function fileNameOf(name: string): string {
  const readable = name
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[_.]+/, '')
    .slice(0, 80);
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 10)}`;
}

function eventsIn(path: string): StoredLogEvent[] {
  if (!statSync(path, { throwIfNoEntry: false })) return [];
  const events: StoredLogEvent[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      events.push(JSON.parse(line) as StoredLogEvent);
    } catch {
      // The process was killed within its last write: that event was never acknowledged.
    }
  }
  return events;
}
