import { heartbeatRule } from '../../contracts/topics.ts';
import type { IngestInto } from '../shared/basic-ingest.ts';
import { messageId, parseRuleError, type RuleError } from './rule-error.ts';

/** One message of the error queue. */
export interface QueuedError {
  /** SQS's own: another for every failure. */
  readonly queueMessageId: string;
  readonly receiptHandle: string;
  readonly body: string;
}

/** How often each message has failed. */
export interface FailureCounts {
  /** Counts one failure, once however often it is called. @returns all failures so far, or `undefined` when it was counted before */
  add(id: string, queueMessageId: string, now: number): Promise<number | undefined>;
  forget(id: string): Promise<void>;
}

export interface RedriveDependencies {
  readonly counts: FailureCounts;
  readonly ingest: IngestInto;
  /** Hides a message of the queue for some seconds. */
  readonly delay: (receiptHandle: string, seconds: number) => Promise<void>;
  /** Keeps what is given up, with its cause. */
  readonly park: (key: string, document: object) => Promise<void>;
  /** Seconds before each redrive; as many as there are redrives. */
  readonly delays: readonly number[];
  readonly now: () => number;
}

/**
 * `delayed`: it stays in the queue and comes again. Everything else is done with it. `dropped`: a heartbeat, of which only a timely
 * one says anything.
 */
export type RedriveOutcome = 'delayed' | 'redriven' | 'parked' | 'unreadable' | 'dropped';

/**
 * Looks at one message of the error queue. At first sight it counts the failure and hides the message for the delay that follows so many
 * failures; when the message comes back it goes through the same rule again. A message that fails more often than there are delays is
 * parked. Each step may be repeated: at worst a message goes through its rule twice.
 */
export async function redrive(message: QueuedError, dependencies: RedriveDependencies): Promise<RedriveOutcome> {
  const { counts, ingest, delay, park, delays, now } = dependencies;
  const error = parseRuleError(message.body);
  if (!error) {
    await park(`unreadable/${day(now())}/${message.queueMessageId}.json`, {
      cause: 'not the error message of a rule of this cell',
      body: message.body,
    });
    return 'unreadable';
  }
  if (heartbeatRule(error.topic)) return 'dropped';
  const id = messageId(error);
  const failures = await counts.add(id, message.queueMessageId, now());
  if (failures === undefined) {
    await ingest(error.ruleName, error.topic, Buffer.from(error.base64OriginalPayload, 'base64'));
    return 'redriven';
  }
  const wait = delays[failures - 1];
  if (wait !== undefined) {
    await delay(message.receiptHandle, wait);
    return 'delayed';
  }
  await park(`${error.ruleName}/${day(now())}/${id}.json`, parked(error, failures, now()));
  await counts.forget(id);
  return 'parked';
}

function parked(error: RuleError, failures: number, now: number): object {
  return { ...error, cause: error.failures, redrives: failures - 1, parkedAt: new Date(now).toISOString() };
}

/** `yyyy/mm/dd`, UTC. */
function day(now: number): string {
  return new Date(now).toISOString().slice(0, 10).replaceAll('-', '/');
}
