import { randomUUID } from 'node:crypto';

import type { Publish } from '../publication.ts';
import { nameOfArn } from '../registry/arns.ts';
import type { Registry } from '../registry/registry.ts';
import type { Table } from '../registry/table.ts';
import { Deadlines } from '../jobs/deadlines.ts';
import type { ExecutionRecord, ParameterValue } from './command.ts';
import { LONGEST_TIMEOUT_SECONDS, type Commands } from './commands.ts';
import { conflict, invalid, missing } from './failures.ts';
import { resolveParameters } from './parameters.ts';
import { messageOf } from './payload.ts';
import { afterUpdate, type StatusUpdate } from './status.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;
/** How long an execution is kept after it ended (API reference, `timeToLive`: six months). */
const KEPT_MS = 180 * 86_400_000;

export interface StartRequest {
  readonly commandArn: string;
  readonly targetArn: string;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  readonly executionTimeoutSeconds?: number | undefined;
  readonly clientToken?: string | undefined;
}

interface Target {
  readonly devices: 'things' | 'clients';
  readonly name: string;
}

/** Runs commands on devices (developer guide, "Start and monitor command executions"). */
export class Executions {
  readonly table: Table<ExecutionRecord, 'target' | 'command' | 'token'>;
  readonly #registry: Registry;
  readonly #commands: Commands;
  readonly #publish: Publish;
  readonly #deadlines: Deadlines;

  constructor(registry: Registry, commands: Commands, publish: Publish) {
    this.#registry = registry;
    this.#commands = commands;
    this.#publish = publish;
    this.table = registry.tables.open<ExecutionRecord, 'target' | 'command' | 'token'>('iot.command-executions', {
      target: ({ targetArn }) => targetArn,
      command: ({ commandArn }) => commandArn,
      token: ({ clientToken }) => clientToken,
    });
    this.#deadlines = new Deadlines(registry.clock, (keys) => this.#timeOut(keys));
  }

  /** Takes up the timers of earlier runs. */
  resume(): void {
    for (const [key, record] of this.table.entries()) this.#watch(key, record);
  }

  /**
   * Resolves once the request has been handed to the broker.
   *
   * @throws AwsError ValidationException, ResourceNotFoundException, ConflictException
   */
  async start(request: StartRequest): Promise<ExecutionRecord> {
    const { commandArn, targetArn, clientToken, executionTimeoutSeconds: timeout = DEFAULT_TIMEOUT_SECONDS } = request;
    const command = this.#commands.get(nameOfArn(this.#registry.account, 'command', commandArn) ?? commandArn);
    const { devices, name } = this.#target(targetArn);
    if (command.deprecated) throw invalid(`Command ${command.commandId} is deprecated`);
    if (!Number.isInteger(timeout) || timeout < 1 || timeout > LONGEST_TIMEOUT_SECONDS)
      throw invalid(`executionTimeoutSeconds must be between 1 and ${LONGEST_TIMEOUT_SECONDS}`);
    const earlier = clientToken === undefined ? undefined : [...this.table.recordsBy('token', clientToken)][0];
    if (earlier) {
      if (earlier.commandArn === commandArn && earlier.targetArn === targetArn) return earlier;
      throw conflict('The clientToken was used for another execution', earlier.executionId);
    }
    const parameters = resolveParameters(command.mandatoryParameters ?? [], request.parameters ?? {});
    const message = await messageOf(command, parameters, timeout);
    const now = this.#registry.clock.now();
    const record: ExecutionRecord = {
      ...{ executionId: randomUUID(), commandId: command.commandId, commandArn, targetArn },
      ...{ status: 'CREATED', ended: false, executionTimeoutSeconds: timeout, createdAt: now, lastUpdatedAt: now },
      ...(Object.keys(parameters).length > 0 && { parameters }),
      ...(clientToken !== undefined && { clientToken }),
    };
    await this.#put(record);
    const { payload, contentType, format } = message;
    await this.#publish({
      topic: `$aws/commands/${devices}/${name}/executions/${record.executionId}/request${format ? `/${format}` : ''}`,
      payload,
      qos: 1,
      retain: false,
      properties: { contentType, messageExpiryInterval: timeout },
      source: { protocol: 'service' },
      receivedAt: now,
    });
    return record;
  }

  /** @throws AwsError ResourceNotFoundException */
  get(executionId: string, targetArn: string): ExecutionRecord {
    const record = this.table.get(keyOf(targetArn, executionId));
    if (!record) throw missing(`Command execution ${executionId} does not exist for ${targetArn}`);
    return record;
  }

  /** A device's report. @throws UpdateRefusal */
  async update(executionId: string, targetArn: string, update: StatusUpdate): Promise<void> {
    const record = this.table.get(keyOf(targetArn, executionId));
    await this.#put(afterUpdate(record, update, this.#registry.clock.now()));
  }

  /** @throws AwsError ResourceNotFoundException, ConflictException while the device may still report */
  delete(executionId: string, targetArn: string): void {
    const record = this.get(executionId, targetArn);
    if (!record.ended && record.status !== 'TIMED_OUT')
      throw conflict(`Command execution ${executionId} has not ended`, executionId);
    this.#forget(keyOf(targetArn, executionId));
  }

  close(): void {
    this.#deadlines.close();
  }

  #timeOut(keys: readonly string[]): void {
    const now = this.#registry.clock.now();
    for (const key of keys) {
      const record = this.table.get(key);
      if (!record) continue;
      if (record.status !== 'CREATED' && record.status !== 'IN_PROGRESS') this.#forget(key);
      else
        void this.#put({
          ...record,
          ...{ status: 'TIMED_OUT', lastUpdatedAt: now, statusReason: { reasonCode: '$NO_RESPONSE_FROM_DEVICE' } },
        });
    }
  }

  /** Keeps the record, arms its next timer and tells of its status (developer guide, "Command execution events"). */
  async #put(record: ExecutionRecord): Promise<void> {
    const { executionId, commandId, commandArn, targetArn, status, statusReason } = record;
    const key = keyOf(targetArn, executionId);
    this.table.set(key, record);
    this.#watch(key, record);
    const timestamp = this.#registry.clock.now();
    const event = {
      ...{ executionId, status, ...(statusReason && { statusReason }) },
      ...{ eventType: 'COMMAND_EXECUTION', commandArn, targetArn, timestamp },
    };
    await this.#publish({
      topic: `$aws/events/commandExecution/${commandId}/${status}`,
      payload: Buffer.from(JSON.stringify(event)),
      qos: 1,
      retain: false,
      source: { protocol: 'service' },
      receivedAt: timestamp,
    });
  }

  #watch(key: string, record: ExecutionRecord): void {
    const waits = record.status === 'CREATED' || record.status === 'IN_PROGRESS';
    this.#deadlines.set(key, waits ? record.createdAt + record.executionTimeoutSeconds * 1000 : timeToLive(record));
  }

  #forget(key: string): void {
    this.table.delete(key);
    this.#deadlines.set(key, undefined);
  }

  #target(targetArn: string): Target {
    const { account, things } = this.#registry;
    const thing = nameOfArn(account, 'thing', targetArn);
    const client = nameOfArn(account, 'client', targetArn);
    if (thing !== undefined && !things.table.has(thing)) throw missing(`Thing ${thing} does not exist`);
    const name = thing ?? client;
    if (name === undefined || /[/+#]/.test(name)) throw invalid(`Invalid targetArn: ${targetArn}`);
    return { devices: thing === undefined ? 'clients' : 'things', name };
  }
}

/** Milliseconds since the epoch. */
export function timeToLive({ createdAt }: ExecutionRecord): number {
  return createdAt + KEPT_MS;
}

function keyOf(targetArn: string, executionId: string): string {
  return `${targetArn}/${executionId}`;
}
