import type { WriteStream } from 'node:tty';

/** Counters of a moment; rates are worked out between two of them. */
export interface Snapshot {
  readonly connected: number;
  readonly messagesIn: number;
  readonly kafkaRecords: number;
  readonly commands: number;
}

const perSecond = (now: number, before: number, milliseconds: number): string =>
  milliseconds > 0 ? Math.max(0, ((now - before) * 1_000) / milliseconds).toFixed(1) : '0.0';

/** One line that says how the twin is doing. */
export function describe(now: Snapshot, before: Snapshot, milliseconds: number): string {
  return [
    `${now.connected} connected`,
    `${perSecond(now.messagesIn, before.messagesIn, milliseconds)} messages/s in`,
    `${perSecond(now.kafkaRecords, before.kafkaRecords, milliseconds)} records/s in Kafka (${now.kafkaRecords} in all)`,
    `${now.commands} commands answered`,
  ].join('  ·  ');
}

/** Rewrites the line in place on a terminal; elsewhere prints it now and then, so that a log stays readable. */
export class LiveLine {
  readonly #out: WriteStream;
  #last = 0;

  constructor(out: WriteStream) {
    this.#out = out;
  }

  show(line: string): void {
    if (this.#out.isTTY) {
      this.#out.write(`\r\x1b[2K${line.slice(0, Math.max(20, (this.#out.columns || 120) - 1))}`);
    } else if (Date.now() - this.#last >= 10_000) {
      this.#last = Date.now();
      this.#out.write(`${line}\n`);
    }
  }

  /** Leaves the line behind before something else is printed. */
  clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[2K');
  }
}
