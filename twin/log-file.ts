import { createWriteStream, existsSync, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

/** Then the file is moved aside to `<file>.1`, which it replaces, so that logs take a bounded place. */
const LARGEST_FILE = 50 * 1024 * 1024;

/** A log of one kind as a file of lines. It is opened at its first line. */
export class LogFile {
  readonly path: string;
  #stream: WriteStream | undefined;
  #size = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** One JSON document a line, with the time first. */
  record(time: number, entry: object): void {
    this.line(JSON.stringify({ timestamp: new Date(time).toISOString(), ...entry }));
  }

  line(text: string): void {
    this.#stream ??= this.#open();
    this.#stream.write(`${text}\n`);
    this.#size += text.length + 1;
    if (this.#size < LARGEST_FILE) return;
    this.#stream.end();
    this.#stream = undefined;
    renameSync(this.path, `${this.path}.1`);
  }

  close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    return new Promise((resolve) => (stream ? stream.end(() => resolve()) : resolve()));
  }

  #open(): WriteStream {
    mkdirSync(dirname(this.path), { recursive: true });
    this.#size = existsSync(this.path) ? statSync(this.path).size : 0;
    const stream = createWriteStream(this.path, { flags: 'a' });
    // A full disk must not end the twin; what cannot be logged is lost.
    stream.on('error', () => undefined);
    return stream;
  }
}
