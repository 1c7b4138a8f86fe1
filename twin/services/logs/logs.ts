import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import { fileNameOf } from './log-file.ts';
import { LogStream } from './log-stream.ts';
import type { StreamRecord } from './log-stream.ts';

const DAY_MS = 86_400_000;
const SWEEP_INTERVAL_MS = 3_600_000;
/** Of a group; the one that has been silent longest makes room for a new one. */
const MOST_STREAMS = 500;
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export interface LogGroup {
  readonly name: string;
  readonly createdAt: number;
  readonly retentionInDays?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly logGroupClass?: string;
}

export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

export interface LogsOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  /** Folder in which each group has one of its own. */
  readonly folder: string;
}

/** CloudWatch Logs as the twin runs it: groups and streams in the store, events as JSON lines in files of bounded size. */
export class Logs {
  readonly #options: LogsOptions;
  readonly #groups: Collection<LogGroup>;
  readonly #records: Collection<StreamRecord>;
  readonly #streams = new Map<string, Map<string, LogStream>>();
  #sweep: { cancel(): void };

  constructor(options: LogsOptions) {
    this.#options = options;
    this.#groups = options.store.collection('logs.groups');
    this.#records = options.store.collection('logs.streams');
    for (const record of this.#records.values()) this.#open(record);
    this.#sweep = this.#armSweep();
  }

  /** @throws AwsError ResourceAlreadyExistsException, InvalidParameterException */
  createGroup(name: string, settings: Partial<Pick<LogGroup, 'tags' | 'logGroupClass'>> = {}): LogGroup {
    if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) {
      throw new AwsError(
        'InvalidParameterException',
        `Value '${name.slice(0, 80)}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
      );
    }
    if (this.#groups.has(name)) throw alreadyExists('log group');
    const group: LogGroup = { tags: {}, ...settings, name, createdAt: this.#options.clock.now() };
    this.#groups.set(name, group);
    return group;
  }

  /** @throws AwsError ResourceNotFoundException */
  deleteGroup(name: string): void {
    this.group(name);
    for (const stream of this.streams(name)) this.deleteStream(name, stream.name);
    this.#streams.delete(name);
    this.#groups.delete(name);
    rmSync(this.#folderOf(name), { recursive: true, force: true });
  }

  hasGroup(name: string): boolean {
    return this.#groups.has(name);
  }

  groups(): LogGroup[] {
    return [...this.#groups.values()];
  }

  /** @throws AwsError ResourceNotFoundException */
  group(name: string): LogGroup {
    const group = this.#groups.get(name);
    if (!group) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return group;
  }

  groupArn(name: string): string {
    return arn(this.#options.account, 'logs', `log-group:${name}`);
  }

  storedBytes(name: string): number {
    return this.streams(name).reduce((sum, stream) => sum + stream.storedBytes, 0);
  }

  /** @param days undefined to keep events for ever @throws AwsError ResourceNotFoundException, InvalidParameterException */
  setRetention(name: string, days: number | undefined): void {
    if (days !== undefined && !RETENTIONS.includes(days)) {
      throw new AwsError(
        'InvalidParameterException',
        `1 validation error detected: Value '${days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTIONS.join(', ')}]`,
      );
    }
    this.#groups.set(name, { ...this.group(name), retentionInDays: days });
    this.#removeExpired(name);
  }

  /** @throws AwsError ResourceNotFoundException */
  setTags(name: string, tags: Readonly<Record<string, string>>): void {
    this.#groups.set(name, { ...this.group(name), tags });
  }

  /** @throws AwsError ResourceNotFoundException (the group), ResourceAlreadyExistsException, InvalidParameterException */
  createStream(groupName: string, name: string): LogStream {
    this.group(groupName);
    if (!/^[^:*]{1,512}$/.test(name)) {
      throw new AwsError(
        'InvalidParameterException',
        `Value '${name.slice(0, 80)}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
      );
    }
    if (this.#streams.get(groupName)?.has(name)) throw alreadyExists('log stream');
    const existing = this.streams(groupName);
    if (existing.length >= MOST_STREAMS) {
      this.deleteStream(groupName, existing.reduce((a, b) => (b.lastActivity < a.lastActivity ? b : a)).name);
    }
    const record = { group: groupName, name, createdAt: this.#options.clock.now() };
    this.#records.set(`${groupName}:${name}`, record);
    return this.#open(record);
  }

  /** @throws AwsError ResourceNotFoundException */
  deleteStream(groupName: string, name: string): void {
    this.stream(groupName, name).remove();
    this.#streams.get(groupName)!.delete(name);
    this.#records.delete(`${groupName}:${name}`);
  }

  /** @throws AwsError ResourceNotFoundException */
  stream(groupName: string, name: string): LogStream {
    this.group(groupName);
    const stream = this.#streams.get(groupName)?.get(name);
    if (!stream) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return stream;
  }

  /** @throws AwsError ResourceNotFoundException */
  streams(groupName: string): LogStream[] {
    this.group(groupName);
    return [...(this.#streams.get(groupName)?.values() ?? [])];
  }

  /** Milliseconds since the epoch before which a group keeps nothing. */
  keptSince(groupName: string): number {
    const days = this.group(groupName).retentionInDays;
    return days === undefined ? 0 : this.#options.clock.now() - days * DAY_MS;
  }

  /** Writes one event on behalf of a service, which makes its group and stream when they are not there. */
  write(groupName: string, streamName: string, message: string, timestamp = this.#options.clock.now()): void {
    if (!this.#groups.has(groupName)) this.createGroup(groupName);
    const stream = this.#streams.get(groupName)?.get(streamName) ?? this.createStream(groupName, streamName);
    stream.append([{ timestamp, message }], this.#options.clock.now());
  }

  /**
   * Writes events of a service that names a group but no stream (an IoT rule, an EventBridge rule): one stream a day.
   *
   * @throws AwsError ResourceNotFoundException when the group does not exist
   */
  putLogEvents(groupName: string, events: readonly LogEvent[]): void {
    this.group(groupName);
    const now = this.#options.clock.now();
    const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '/');
    const stream = this.#streams.get(groupName)?.get(day) ?? this.createStream(groupName, day);
    stream.append(events, now);
  }

  close(): void {
    this.#sweep.cancel();
  }

  #open(record: StreamRecord): LogStream {
    const stream = new LogStream(
      record,
      this.#folderOf(record.group),
      `${this.groupArn(record.group)}:log-stream:${record.name}`,
    );
    const ofGroup = this.#streams.get(record.group);
    if (ofGroup) ofGroup.set(record.name, stream);
    else this.#streams.set(record.group, new Map([[record.name, stream]]));
    return stream;
  }

  #folderOf(groupName: string): string {
    return join(this.#options.folder, fileNameOf(groupName));
  }

  /** Streams whose last event is out of retention keep their name and lose their files. */
  #removeExpired(groupName: string): void {
    const since = this.keptSince(groupName);
    for (const stream of this.streams(groupName)) if (stream.lastActivity < since) stream.remove();
  }

  #armSweep(): { cancel(): void } {
    return this.#options.clock.schedule(SWEEP_INTERVAL_MS, () => {
      for (const { name, retentionInDays } of this.#groups.values()) if (retentionInDays) this.#removeExpired(name);
      this.#sweep = this.#armSweep();
    });
  }
}

function alreadyExists(what: string): AwsError {
  return new AwsError('ResourceAlreadyExistsException', `The specified ${what} already exists`);
}
