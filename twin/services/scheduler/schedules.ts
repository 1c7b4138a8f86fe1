import { randomUUID } from 'node:crypto';

import type { Account } from '../../account.ts';
import type { Clock, ScheduledCall } from '../../clock.ts';
import type { Collection, Store } from '../../state/store.ts';
import { nextTime, parseSchedule } from './expression.ts';

/** Something that EventBridge calls at times: a rule with a schedule, or a schedule of EventBridge Scheduler. */
export interface ScheduleDefinition {
  /** Unique: `rule/<name>` or `schedule/<group>/<name>`. */
  readonly key: string;
  readonly arn: string;
  readonly expression: string;
  readonly timeZone?: string;
  readonly enabled: boolean;
  readonly targets: readonly ScheduleTarget[];
  /** A one-time schedule that removes itself (`ActionAfterCompletion: DELETE`). */
  readonly deleteAfterCompletion?: boolean;
  /** Service principal that calls the target: `events.amazonaws.com` needs the target's permission, Scheduler assumes a role. */
  readonly service: 'events.amazonaws.com' | 'scheduler.amazonaws.com';
}

export interface ScheduleTarget {
  readonly arn: string;
  /** JSON text; EventBridge's own event when absent. */
  readonly input?: string;
  readonly roleArn?: string;
}

interface StoredSchedule extends ScheduleDefinition {
  readonly since: number;
  /** A one-time schedule fires once, also when the twin was down at its time. */
  readonly fired?: boolean;
}

export interface SchedulesOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  /** Calls a target; durable when it resolves. */
  deliver(target: ScheduleTarget, event: unknown, definition: ScheduleDefinition): Promise<void>;
  log(line: string): void;
}

/** All schedules of the account, on the twin's clock. */
export class Schedules {
  readonly #options: SchedulesOptions;
  readonly #stored: Collection<StoredSchedule>;
  readonly #armed = new Map<string, ScheduledCall>();

  constructor(options: SchedulesOptions) {
    this.#options = options;
    this.#stored = options.store.collection('scheduler:schedules');
  }

  /** Arms what an earlier run left. One-time schedules whose time passed in between fire now. */
  resume(): void {
    for (const schedule of [...this.#stored.values()]) this.#arm(schedule);
  }

  /** @throws Error when the expression cannot be read */
  put(definition: ScheduleDefinition): void {
    parseSchedule(definition.expression, definition.timeZone);
    const stored = { ...definition, since: this.#options.clock.now() };
    this.#stored.set(definition.key, stored);
    this.#arm(stored);
  }

  get(key: string): ScheduleDefinition | undefined {
    return this.#stored.get(key);
  }

  list(prefix: string): ScheduleDefinition[] {
    return [...this.#stored.values()].filter(({ key }) => key.startsWith(prefix));
  }

  delete(key: string): boolean {
    this.#armed.get(key)?.cancel();
    this.#armed.delete(key);
    return this.#stored.delete(key);
  }

  close(): void {
    for (const call of this.#armed.values()) call.cancel();
    this.#armed.clear();
  }

  #arm(stored: StoredSchedule): void {
    this.#armed.get(stored.key)?.cancel();
    this.#armed.delete(stored.key);
    if (!stored.enabled || stored.fired) return;
    const { clock } = this.#options;
    const schedule = parseSchedule(stored.expression, stored.timeZone);
    const due = schedule.kind === 'at' ? schedule.time : nextTime(schedule, clock.now(), stored.since);
    if (due === undefined) return;
    this.#armed.set(
      stored.key,
      clock.schedule(due - clock.now(), () => void this.#fire(stored, due, schedule.kind === 'at')),
    );
  }

  async #fire(stored: StoredSchedule, due: number, once: boolean): Promise<void> {
    if (!once) this.#arm(stored);
    const { deliver, log } = this.#options;
    for (const target of stored.targets) {
      try {
        await deliver(
          target,
          target.input === undefined ? this.#ownEvent(stored, due) : JSON.parse(target.input),
          stored,
        );
      } catch (error) {
        log(`${stored.key} could not call ${target.arn}: ${(error as Error).message}`);
      }
    }
    if (!once || this.#stored.get(stored.key) !== stored) return;
    if (stored.deleteAfterCompletion) this.delete(stored.key);
    else this.#stored.set(stored.key, { ...stored, fired: true });
  }

  /** What a target without an input gets (EventBridge user guide, "Scheduled events"). */
  #ownEvent(stored: StoredSchedule, due: number): Record<string, unknown> {
    const { account } = this.#options;
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: stored.service === 'events.amazonaws.com' ? 'aws.events' : 'aws.scheduler',
      account: account.accountId,
      time: new Date(due).toISOString().replace(/\.\d{3}Z$/, 'Z'),
      region: account.region,
      resources: [stored.arn],
      detail: {},
    };
  }
}
