import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * The bytes of objects, a file each. A file is whole before its name is written to the store, and never changes: an
 * object that is overwritten gets a new file. As with the store, a killed process loses nothing; a power cut may.
 */
export class Blobs {
  readonly #folder: string;
  #ready: Promise<unknown> | undefined;

  /** @param folder made when first needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns the name of the new file */
  async write(bytes: Uint8Array): Promise<string> {
    await this.#prepare();
    const name = randomUUID();
    await writeFile(this.#path(name), bytes);
    return name;
  }

  /** Joins files into a new one. */
  async join(names: readonly string[]): Promise<string> {
    await this.#prepare();
    const joined = randomUUID();
    const paths = names.map((name) => this.#path(name));
    async function* chunks(): AsyncGenerator<Buffer> {
      for (const path of paths) yield* createReadStream(path) as AsyncIterable<Buffer>;
    }
    await pipeline(Readable.from(chunks()), createWriteStream(this.#path(joined)));
    return joined;
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.#path(name));
  }

  /** @param last position of the last byte, inclusive */
  stream(name: string, first: number, last: number): Readable {
    return createReadStream(this.#path(name), { start: first, end: last });
  }

  async remove(names: Iterable<string>): Promise<void> {
    await Promise.all([...names].map((name) => rm(this.#path(name), { force: true })));
  }

  /** Removes the files that a killed process wrote but did not get to name. */
  async sweep(named: ReadonlySet<string>): Promise<void> {
    await this.#prepare();
    await this.remove((await readdir(this.#folder)).filter((name) => !named.has(name)));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #prepare(): Promise<unknown> {
    return (this.#ready ??= mkdir(this.#folder, { recursive: true }));
  }
}
