import type { AnswerStatus, CommandAnswer } from './wire.ts';

/**
 * The states of a command. What each promises:
 * QUEUED has not left the cloud; SENT may have reached the vehicle; DELIVERED has (it confirmed the message); RUNNING has begun;
 * SUCCEEDED, FAILED, REJECTED are the vehicle's own words; EXPIRED and CANCELLED were certainly not executed;
 * UNKNOWN may have been: the deadline passed without an answer.
 */
export const COMMAND_STATES = [
  'QUEUED',
  'SENT',
  'DELIVERED',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'REJECTED',
  'EXPIRED',
  'CANCELLED',
  'UNKNOWN',
] as const;

export type CommandState = (typeof COMMAND_STATES)[number];

const FINAL: ReadonlySet<CommandState> = new Set([
  'SUCCEEDED',
  'FAILED',
  'REJECTED',
  'EXPIRED',
  'CANCELLED',
  'UNKNOWN',
]);

/** Whether a state is set for good. */
export function isFinal(state: CommandState): boolean {
  return FINAL.has(state);
}

/** An answer with the time at which the cloud received it. */
export interface RecordedAnswer extends CommandAnswer {
  readonly receivedAt: number;
}

/** How many contradicting answers are kept in full; the others are only counted. */
export const LATE_ANSWERS_KEPT = 5;

/** The part of a command that its lifecycle changes. Times are Unix time in ms by the cloud's clock. */
export interface Lifecycle {
  readonly state: CommandState;
  /** When the state was set. */
  readonly since: number;
  readonly deadline: number;
  /** How often the command was handed to the front door. */
  readonly attempts: number;
  /** When the last attempt began. */
  readonly attemptedAt?: number;
  /** An attempt ended, or was abandoned, without proof that the vehicle did not get the message. */
  readonly mayHaveArrived: boolean;
  /** The answer that set the state. */
  readonly answer?: RecordedAnswer;
  /** Answers that came after the final state and differ from it. */
  readonly lateAnswers: readonly RecordedAnswer[];
  readonly lateAnswerCount: number;
}

/** What can happen to a command. */
export type LifecycleEvent =
  /** It is about to be handed to the front door, by one who saw `after` attempts before: of two who saw the same, one prevails. */
  | { readonly type: 'attempt'; readonly after: number }
  /** The front door says that the vehicle is not connected: this attempt certainly did not reach it. */
  | { readonly type: 'not-connected' }
  /** The attempt ended without proof either way. */
  | { readonly type: 'unconfirmed' }
  /** The vehicle confirmed the message (PUBACK). */
  | { readonly type: 'confirmed' }
  | { readonly type: 'answer'; readonly answer: CommandAnswer }
  /** An app takes it back. */
  | { readonly type: 'cancel' }
  /** Time has gone by. */
  | { readonly type: 'clock' };

const STATE_OF_ANSWER = {
  ACCEPTED: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  REJECTED: 'REJECTED',
} as const satisfies Record<AnswerStatus, CommandState>;

/** The lifecycle of a command that has just been accepted from an app. */
export function created(now: number, deadline: number): Lifecycle {
  return {
    state: 'QUEUED',
    since: now,
    deadline,
    attempts: 0,
    mayHaveArrived: false,
    lateAnswers: [],
    lateAnswerCount: 0,
  };
}

/**
 * What an event makes of a lifecycle. Total: an event that means nothing in a state gives the same object back, so callers can compare by
 * identity to see whether there is anything to write. The deadline is judged before every event but an answer: what a vehicle says it
 * has done is more than what the clock can know, as long as no final state is set.
 */
export function next(lifecycle: Lifecycle, event: LifecycleEvent, now: number): Lifecycle {
  if (event.type === 'answer') return answered(lifecycle, { ...event.answer, receivedAt: now });
  if (isFinal(lifecycle.state)) return lifecycle;
  if (now >= lifecycle.deadline) {
    const neverLeft = lifecycle.state === 'QUEUED' || (event.type === 'not-connected' && certainlyNotSent(lifecycle));
    return enter(lifecycle, neverLeft ? 'EXPIRED' : 'UNKNOWN', now);
  }
  return open(lifecycle, event, now);
}

function open(lifecycle: Lifecycle, event: Exclude<LifecycleEvent, { type: 'answer' }>, now: number): Lifecycle {
  const { state } = lifecycle;
  switch (event.type) {
    case 'attempt':
      if ((state !== 'QUEUED' && state !== 'SENT') || event.after !== lifecycle.attempts) return lifecycle;
      return {
        ...enter(lifecycle, 'SENT', now),
        attempts: lifecycle.attempts + 1,
        attemptedAt: now,
        // From SENT, the attempt before had no known end: it may have arrived.
        mayHaveArrived: lifecycle.mayHaveArrived || state === 'SENT',
      };
    case 'not-connected':
      return certainlyNotSent(lifecycle) ? enter(lifecycle, 'QUEUED', now) : lifecycle;
    case 'unconfirmed':
      return state === 'SENT' && !lifecycle.mayHaveArrived ? { ...lifecycle, mayHaveArrived: true } : lifecycle;
    case 'confirmed':
      return state === 'SENT' ? enter(lifecycle, 'DELIVERED', now) : lifecycle;
    case 'cancel':
      return state === 'QUEUED' ? enter(lifecycle, 'CANCELLED', now) : lifecycle;
    case 'clock':
      return lifecycle;
  }
}

/** Given that the front door refused the present attempt: whether no attempt at all can have arrived. */
function certainlyNotSent(lifecycle: Lifecycle): boolean {
  return lifecycle.state === 'SENT' && !lifecycle.mayHaveArrived;
}

/** Answers are taken in any open state: they can overtake the confirmation of their own request. */
function answered(lifecycle: Lifecycle, answer: RecordedAnswer): Lifecycle {
  const state = STATE_OF_ANSWER[answer.status];
  if (isFinal(lifecycle.state)) return afterwards(lifecycle, answer, state);
  if (state === 'RUNNING' && lifecycle.state === 'RUNNING') return lifecycle;
  return { ...enter(lifecycle, state, answer.receivedAt), answer };
}

function afterwards(lifecycle: Lifecycle, answer: RecordedAnswer, state: CommandState): Lifecycle {
  // "It has begun" after the end is an old message, and the same end again is a repeated one (QoS 1): neither contradicts.
  const repeats = state === lifecycle.state && sameOutcome(lifecycle.answer, answer);
  if (repeats || (state === 'RUNNING' && lifecycle.answer)) return lifecycle;
  if (lifecycle.lateAnswers.some((known) => known.status === answer.status && sameOutcome(known, answer)))
    return lifecycle;
  return {
    ...lifecycle,
    lateAnswers: [...lifecycle.lateAnswers, answer].slice(0, LATE_ANSWERS_KEPT),
    lateAnswerCount: lifecycle.lateAnswerCount + 1,
  };
}

function sameOutcome(one: CommandAnswer | undefined, other: CommandAnswer): boolean {
  return one !== undefined && JSON.stringify([one.result, one.reason]) === JSON.stringify([other.result, other.reason]);
}

function enter(lifecycle: Lifecycle, state: CommandState, now: number): Lifecycle {
  return { ...lifecycle, state, since: now };
}
