import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  COMMAND_STATES,
  LATE_ANSWERS_KEPT,
  created,
  isFinal,
  next,
  type Lifecycle,
  type LifecycleEvent,
} from '../../../contracts/commands/lifecycle.ts';

const DEADLINE = 60_000;

function after(...events: (LifecycleEvent | [LifecycleEvent, number])[]): Lifecycle {
  return events.reduce<Lifecycle>(
    (lifecycle, step, index) => {
      const [event, now] = Array.isArray(step) ? step : [step, 1_000 + index];
      return next(lifecycle, seeing(lifecycle, event), now);
    },
    created(0, DEADLINE),
  );
}

/** The attempt of one who has just read the ledger. */
const attempt = { type: 'attempt', after: -1 } as const;
const seeing = (lifecycle: Lifecycle, event: LifecycleEvent): LifecycleEvent =>
  event === attempt ? { type: 'attempt', after: lifecycle.attempts } : event;

const confirmed = { type: 'confirmed' } as const;
const unconfirmed = { type: 'unconfirmed' } as const;
const notConnected = { type: 'not-connected' } as const;
const cancel = { type: 'cancel' } as const;
const clock = { type: 'clock' } as const;
const answer = (status: 'ACCEPTED' | 'SUCCEEDED' | 'FAILED' | 'REJECTED', result?: Record<string, unknown>) =>
  ({ type: 'answer', answer: { status, result } }) as const;

describe('the lifecycle of a command', () => {
  test.each([
    ['starts as QUEUED', after(), 'QUEUED'],
    ['is SENT before it is handed over', after(attempt), 'SENT'],
    ['is DELIVERED by the confirmation', after(attempt, confirmed), 'DELIVERED'],
    ['is RUNNING when accepted', after(attempt, confirmed, answer('ACCEPTED')), 'RUNNING'],
    ['SUCCEEDED by the vehicle', after(attempt, confirmed, answer('ACCEPTED'), answer('SUCCEEDED')), 'SUCCEEDED'],
    ['FAILED by the vehicle', after(attempt, confirmed, answer('FAILED')), 'FAILED'],
    ['REJECTED by the vehicle', after(attempt, confirmed, answer('REJECTED')), 'REJECTED'],
    ['takes an answer that overtakes the confirmation', after(attempt, answer('SUCCEEDED'), confirmed), 'SUCCEEDED'],
    ['waits again when the vehicle is not connected', after(attempt, notConnected), 'QUEUED'],
    ['stays SENT when nobody knows', after(attempt, unconfirmed), 'SENT'],
    ['stays SENT when a later attempt finds nobody', after(attempt, unconfirmed, attempt, notConnected), 'SENT'],
    [
      'stays SENT when an abandoned attempt is followed by one that finds nobody',
      after(attempt, attempt, notConnected),
      'SENT',
    ],
    ['is CANCELLED while it waits', after(cancel), 'CANCELLED'],
    ['cannot be cancelled once it may have left', after(attempt, cancel), 'SENT'],
    ['is EXPIRED when it never left', after([clock, DEADLINE]), 'EXPIRED'],
    ['is EXPIRED when the last attempt certainly failed', after(attempt, notConnected, [clock, DEADLINE]), 'EXPIRED'],
    [
      'is EXPIRED when the only attempt is refused after the deadline',
      after(attempt, [notConnected, DEADLINE]),
      'EXPIRED',
    ],
    ['is UNKNOWN when it was sent and not answered', after(attempt, [clock, DEADLINE]), 'UNKNOWN'],
    ['is UNKNOWN when it was delivered and not answered', after(attempt, confirmed, [clock, DEADLINE]), 'UNKNOWN'],
    ['is UNKNOWN when it began and did not end', after(attempt, answer('ACCEPTED'), [clock, DEADLINE]), 'UNKNOWN'],
    ['is not sent at its deadline', after([attempt, DEADLINE]), 'EXPIRED'],
    ['is not cancelled but EXPIRED at its deadline', after([cancel, DEADLINE]), 'EXPIRED'],
  ])('%s', (_name, lifecycle, state) => {
    expect(lifecycle.state).toBe(state);
  });

  test('keeps a later, different answer beside the final state and counts it', () => {
    const lifecycle = after(attempt, [clock, DEADLINE], [answer('SUCCEEDED', { locked: true }), DEADLINE + 5]);
    expect(lifecycle).toMatchObject({
      state: 'UNKNOWN',
      lateAnswerCount: 1,
      lateAnswers: [{ status: 'SUCCEEDED', result: { locked: true }, receivedAt: DEADLINE + 5 }],
    });
  });

  test('is attempted by one of two who saw the same', () => {
    const claimed = next(created(0, DEADLINE), { type: 'attempt', after: 0 }, 1);
    expect(claimed.attempts).toBe(1);
    expect(next(claimed, { type: 'attempt', after: 0 }, 2)).toBe(claimed);
  });

  test('does not count the repetition of the answer that set the state, nor of a late one', () => {
    const done = after(attempt, answer('SUCCEEDED', { locked: true }));
    expect(next(done, answer('SUCCEEDED', { locked: true }), 2_000)).toBe(done);
    expect(next(done, answer('ACCEPTED'), 2_000)).toBe(done);
    const contradicted = next(done, answer('FAILED'), 2_000);
    expect(next(contradicted, answer('FAILED'), 3_000)).toBe(contradicted);
    expect(contradicted.lateAnswerCount).toBe(1);
  });

  test('counts every contradiction but keeps only the first few', () => {
    let lifecycle = after(attempt, answer('SUCCEEDED'));
    for (let n = 0; n < LATE_ANSWERS_KEPT + 3; n++) lifecycle = next(lifecycle, answer('SUCCEEDED', { n }), 2_000 + n);
    expect(lifecycle.lateAnswers).toHaveLength(LATE_ANSWERS_KEPT);
    expect(lifecycle.lateAnswerCount).toBe(LATE_ANSWERS_KEPT + 3);
  });

  const step = fc.record({
    event: fc.oneof(
      fc.constantFrom<LifecycleEvent>(attempt, confirmed, unconfirmed, notConnected, cancel, clock),
      fc.constantFrom('ACCEPTED', 'SUCCEEDED', 'FAILED', 'REJECTED').map((status) => answer(status)),
    ),
    elapsed: fc.integer({ min: 0, max: DEADLINE / 4 }),
  });

  test('never leaves a final state, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let now = 0;
        let lifecycle = created(0, DEADLINE);
        for (const { event, elapsed } of steps) {
          now += elapsed;
          const before = lifecycle;
          lifecycle = next(lifecycle, seeing(lifecycle, event), now);
          expect(COMMAND_STATES).toContain(lifecycle.state);
          if (isFinal(before.state)) expect(lifecycle.state).toBe(before.state);
        }
      }),
    );
  });

  test('says EXPIRED or CANCELLED only when no attempt can have reached the vehicle', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let now = 0;
        let lifecycle = created(0, DEADLINE);
        // What an all-knowing observer would say: an attempt that began is harmless only once it was refused.
        let inFlight = false;
        let mayHaveArrived = false;
        for (const { event, elapsed } of steps) {
          now += elapsed;
          const attempts = lifecycle.attempts;
          if (event.type === 'not-connected' && inFlight) inFlight = false;
          lifecycle = next(lifecycle, seeing(lifecycle, event), now);
          if (lifecycle.attempts > attempts) {
            mayHaveArrived ||= inFlight;
            inFlight = true;
          }
          if (event.type === 'unconfirmed' || event.type === 'confirmed') mayHaveArrived ||= inFlight;
          if (lifecycle.state === 'EXPIRED' || lifecycle.state === 'CANCELLED')
            expect(mayHaveArrived || inFlight).toBe(false);
        }
      }),
    );
  });
});
