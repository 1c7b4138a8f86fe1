import type { ExecutionRecord, ExecutionStatus, ResultEntry } from './command.ts';

export interface StatusUpdate {
  readonly status: ExecutionStatus;
  readonly statusReason?: { readonly reasonCode: string; readonly reasonDescription?: string };
  readonly result?: Readonly<Record<string, ResultEntry>>;
}

export type UpdateRefusalCode =
  'InvalidRequest' | 'InvalidStateTransition' | 'TerminalStateReached' | 'ResourceNotFound' | 'InternalError';

/** Why a device's report is rejected (developer guide, "UpdateCommandExecution error codes"). */
export class UpdateRefusal extends Error {
  readonly code: UpdateRefusalCode;

  constructor(code: UpdateRefusalCode, message: string) {
    super(message);
    this.name = 'UpdateRefusal';
    this.code = code;
  }
}

const REPORTED: readonly unknown[] = ['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'REJECTED', 'TIMED_OUT'];
const REASON_CODE = /^[A-Z0-9_-]{1,64}$/;
const REASON_DESCRIPTION = /^\P{C}{0,1024}$/u;

/** Reads the payload of a report. @throws UpdateRefusal InvalidRequest */
export function statusUpdateOf(payload: Readonly<Record<string, unknown>>): StatusUpdate {
  const { status, statusReason, result } = payload;
  if (!REPORTED.includes(status)) throw refused(`status must be one of ${REPORTED.join(', ')}`);
  return {
    status: status as ExecutionStatus,
    ...(statusReason !== undefined && { statusReason: reasonOf(statusReason) }),
    ...(result !== undefined && { result: resultOf(result) }),
  };
}

function reasonOf(value: unknown): StatusUpdate['statusReason'] {
  const { reasonCode, reasonDescription } = objectOf(value, 'statusReason');
  if (typeof reasonCode !== 'string' || !REASON_CODE.test(reasonCode))
    throw refused('statusReason.reasonCode must be 1 to 64 characters of A-Z, 0-9, _ and -');
  if (reasonDescription === undefined) return { reasonCode };
  if (typeof reasonDescription !== 'string' || !REASON_DESCRIPTION.test(reasonDescription))
    throw refused('statusReason.reasonDescription must be at most 1024 characters, none of them a control character');
  return { reasonCode, reasonDescription };
}

function resultOf(value: unknown): Record<string, ResultEntry> {
  const entries = Object.entries(objectOf(value, 'result'));
  if (entries.length === 0) throw refused('result must have at least one entry');
  return Object.fromEntries(entries.map(([name, entry]) => [name, entryOf(name, entry)]));
}

function entryOf(name: string, value: unknown): ResultEntry {
  const { s, b, bin, ...others } = objectOf(value, `result.${name}`);
  const given = [s, b, bin].filter((member) => member !== undefined);
  if (given.length === 1 && Object.keys(others).length === 0) {
    if (typeof s === 'string') return { S: s };
    if (typeof b === 'boolean') return { B: b };
    if (typeof bin === 'string') return { BIN: bin };
    // CBOR has byte strings of its own.
    if (bin instanceof Uint8Array) return { BIN: Buffer.from(bin).toString('base64') };
  }
  throw refused(`result.${name} must have one of s (text), b (Boolean), bin (binary)`);
}

function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(`${name} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

function refused(message: string): UpdateRefusal {
  return new UpdateRefusal('InvalidRequest', message);
}

/**
 * The execution after a device's report (developer guide, "Command execution status"). A time-out that the cloud found
 * may be overridden by any end; one that the device reports is an end.
 *
 * @param now milliseconds since the epoch
 * @throws UpdateRefusal ResourceNotFound, TerminalStateReached, InvalidStateTransition
 */
export function afterUpdate(record: ExecutionRecord | undefined, update: StatusUpdate, now: number): ExecutionRecord {
  if (!record) throw new UpdateRefusal('ResourceNotFound', 'The command execution does not exist.');
  if (record.ended && record.status === 'TIMED_OUT')
    throw new UpdateRefusal('InvalidStateTransition', 'The device reported TIMED_OUT, which is final.');
  if (record.ended) throw new UpdateRefusal('TerminalStateReached', `The command execution is ${record.status}.`);
  if (record.status === 'TIMED_OUT' && update.status === 'IN_PROGRESS')
    throw new UpdateRefusal('InvalidStateTransition', 'From TIMED_OUT to IN_PROGRESS is no transition.');
  const ended = update.status !== 'IN_PROGRESS';
  const { statusReason: _before, ...kept } = record;
  return {
    ...kept,
    ...update,
    ended,
    lastUpdatedAt: now,
    startedAt: record.startedAt ?? now,
    ...(ended && { completedAt: now }),
  };
}
