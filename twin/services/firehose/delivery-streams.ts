import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';

/** A stream's file grows to this; then a new one begins, and the oldest goes when there are too many. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;
const MOST_FILES = 8;
const LARGEST_RECORD_BYTES = 1_024_000;

export interface DeliveryStream {
  readonly name: string;
  readonly arn: string;
  readonly type: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: number;
  readonly destinationId: string;
  /** Members of CreateDeliveryStream that say where records go, as they were given. */
  readonly destination: Readonly<Record<string, unknown>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DeliveryStreamsOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  /** Folder in which each stream has one of its own. */
  readonly folder: string;
}

/**
 * Firehose as the twin runs it: whatever destination a stream names, its records are appended as they are to
 * `<folder>/<stream>/records.<n>`, on disk when a put returns.
 */
export class DeliveryStreams {
  readonly #options: DeliveryStreamsOptions;
  readonly #streams: Collection<DeliveryStream>;
  readonly #sizes = new Map<string, number>();
  readonly #sequence: Collection<number>;

  constructor(options: DeliveryStreamsOptions) {
    this.#options = options;
    this.#streams = options.store.collection('firehose.streams');
    this.#sequence = options.store.collection('firehose.sequence');
  }

  /** @throws AwsError ResourceInUseException, InvalidArgumentException */
  create(name: string, settings: Partial<Pick<DeliveryStream, 'type' | 'destination' | 'tags'>> = {}): DeliveryStream {
    if (!/^[a-zA-Z0-9_.-]{1,64}$/.test(name) || /^\.+$/.test(name)) {
      throw new AwsError('InvalidArgumentException', `${name.slice(0, 80)} is not the name of a delivery stream.`);
    }
    if (this.#streams.has(name)) {
      const { accountId } = this.#options.account;
      throw new AwsError('ResourceInUseException', `Firehose ${name} under accountId ${accountId} already exists`);
    }
    const now = this.#options.clock.now();
    const stream: DeliveryStream = {
      ...{ type: 'DirectPut', destination: {}, tags: {} },
      ...settings,
      ...{ name, createdAt: now, updatedAt: now, version: 1, destinationId: 'destinationId-000000000001' },
      arn: arn(this.#options.account, 'firehose', `deliverystream/${name}`),
    };
    this.#streams.set(name, stream);
    return stream;
  }

  /** The records go too. @throws AwsError ResourceNotFoundException */
  delete(name: string): void {
    this.get(name);
    this.#streams.delete(name);
    this.#sequence.delete(name);
    this.#sizes.delete(name);
    rmSync(this.folderOf(name), { recursive: true, force: true });
  }

  has(name: string): boolean {
    return this.#streams.has(name);
  }

  list(): DeliveryStream[] {
    return [...this.#streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws AwsError ResourceNotFoundException */
  get(name: string): DeliveryStream {
    const stream = this.#streams.get(name);
    if (!stream) {
      const { accountId } = this.#options.account;
      throw new AwsError('ResourceNotFoundException', `Firehose ${name} under account ${accountId} not found.`);
    }
    return stream;
  }

  /** @throws AwsError ResourceNotFoundException */
  update(name: string, changes: Partial<Pick<DeliveryStream, 'destination' | 'tags'>>): void {
    const stream = this.get(name);
    this.#streams.set(name, {
      ...stream,
      ...changes,
      version: stream.version + 1,
      updatedAt: this.#options.clock.now(),
    });
  }

  /**
   * Appends a record as it is: Firehose puts nothing between records.
   *
   * @returns the record's id
   * @throws AwsError ResourceNotFoundException, InvalidArgumentException
   */
  putRecord(name: string, data: Uint8Array): string {
    return this.putRecords(name, [data])[0]!;
  }

  /** Appends records in one write. @throws AwsError ResourceNotFoundException, InvalidArgumentException */
  putRecords(name: string, records: readonly Uint8Array[]): string[] {
    this.get(name);
    if (records.some(({ length }) => length > LARGEST_RECORD_BYTES)) {
      throw new AwsError('InvalidArgumentException', `A record is larger than ${LARGEST_RECORD_BYTES} bytes.`);
    }
    const path = join(this.folderOf(name), 'records.0');
    const size = this.#sizes.get(name) ?? statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const added = records.reduce((sum, { length }) => sum + length, 0);
    if (size === 0) mkdirSync(this.folderOf(name), { recursive: true });
    const rotated = size > 0 && size + added > LARGEST_FILE_BYTES;
    if (rotated) this.#rotate(name);
    appendFileSync(path, Buffer.concat(records));
    this.#sizes.set(name, rotated ? added : size + added);
    const first = this.#sequence.get(name) ?? 0;
    this.#sequence.set(name, first + records.length);
    return records.map((_, index) => String(first + index).padStart(56, '0'));
  }

  /** Where the records of a stream are. */
  folderOf(name: string): string {
    return join(this.#options.folder, name);
  }

  /** `records.0` is the newest. */
  #rotate(name: string): void {
    const folder = this.folderOf(name);
    rmSync(join(folder, `records.${MOST_FILES - 1}`), { force: true });
    for (let number = MOST_FILES - 2; number >= 0; number -= 1) {
      const path = join(folder, `records.${number}`);
      if (statSync(path, { throwIfNoEntry: false })) renameSync(path, join(folder, `records.${number + 1}`));
    }
  }
}
