import { LogFile } from './log-file.ts';
import type { StoredLogEvent } from './log-file.ts';

export interface StreamRecord {
  readonly group: string;
  readonly name: string;
  readonly createdAt: number;
}

interface Extent {
  first?: number;
  last?: number;
  ingestion?: number;
}

/** One log stream. Its file is not looked at before somebody writes to it or asks about it. */
export class LogStream {
  readonly name: string;
  readonly createdAt: number;
  readonly arn: string;
  readonly #folder: string;
  #file: LogFile | undefined;
  #extent: Extent | undefined;

  constructor({ name, createdAt }: StreamRecord, folder: string, streamArn: string) {
    this.name = name;
    this.createdAt = createdAt;
    this.arn = streamArn;
    this.#folder = folder;
  }

  /** The events are on disk when it returns. */
  append(events: readonly { readonly timestamp: number; readonly message: string }[], nowMs: number): void {
    if (events.length === 0) return;
    const extent = this.extent;
    for (const { timestamp } of this.#opened.append(events, nowMs)) {
      extent.first = Math.min(extent.first ?? timestamp, timestamp);
      extent.last = Math.max(extent.last ?? timestamp, timestamp);
    }
    extent.ingestion = nowMs;
  }

  /** Events of a time range, both ends included, in order of time and then of arrival. */
  events(from = -Infinity, to = Infinity): StoredLogEvent[] {
    return this.#opened
      .read()
      .filter(({ timestamp }) => timestamp >= from && timestamp <= to)
      .sort((a, b) => a.timestamp - b.timestamp || a.number - b.number);
  }

  /** Times of the first and last event and of the last write; undefined while there are none. */
  get extent(): Extent {
    if (!this.#extent) {
      this.#extent = {};
      for (const { ingestedAt, timestamp } of this.#opened.read()) {
        this.#extent.first = Math.min(this.#extent.first ?? timestamp, timestamp);
        this.#extent.last = Math.max(this.#extent.last ?? timestamp, timestamp);
        this.#extent.ingestion = ingestedAt;
      }
    }
    return this.#extent;
  }

  get lastActivity(): number {
    return this.extent.last ?? this.createdAt;
  }

  get storedBytes(): number {
    return this.#opened.storedBytes;
  }

  /** Deletes the events. */
  remove(): void {
    this.#opened.remove();
    this.#file = undefined;
    this.#extent = undefined;
  }

  get #opened(): LogFile {
    return (this.#file ??= new LogFile(this.#folder, this.name));
  }
}
