import { randomUUID } from 'node:crypto';

import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import type { Deliver } from '../delivery.ts';
import { compileEventPattern, PatternError } from '../event-pattern/pattern.ts';
import type { EventPattern } from '../event-pattern/pattern.ts';
import type { Schedules } from '../scheduler/schedules.ts';
import { targetInput } from './input.ts';
import type { EventRule, EventTarget } from './rule.ts';
import { ruleKey } from './rule.ts';

const SERVICE = 'events.amazonaws.com';
export const DEFAULT_BUS = 'default';
/** An event that one bus hands to another goes no further than this. */
const MOST_HOPS = 3;

/** What a rule sees (EventBridge user guide, "Events"). */
export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
  readonly resources?: readonly string[];
  /** Milliseconds since the epoch; now when absent. */
  readonly time?: number;
}

export interface EventBusesOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  readonly deliver: Deliver;
  /** Runs rules that have a schedule too. */
  readonly schedules?: Pick<Schedules, 'put' | 'delete'>;
  /** Takes what a target refuses when the target has a dead-letter queue. */
  readonly deadLetters?: { sendMessage(queueArn: string, body: string): unknown };
  readonly log: (line: string) => void;
}

interface CompiledRule {
  readonly rule: EventRule;
  readonly matches: EventPattern;
}

/** EventBridge's buses and the rules on them. Events go to every target before their sender has an answer. */
export class EventBuses {
  readonly #options: EventBusesOptions;
  readonly #buses: Collection<{ readonly name: string; readonly createdAt: number }>;
  readonly #rules: Collection<EventRule>;
  /** Rules of a bus that look at events; compiled when the first comes after a change. */
  readonly #compiled = new Map<string, CompiledRule[]>();

  constructor(options: EventBusesOptions) {
    this.#options = options;
    this.#buses = options.store.collection('events.buses');
    this.#rules = options.store.collection('events.rules');
  }

  /** @returns the bus's ARN @throws AwsError ResourceAlreadyExistsException */
  createBus(name: string): string {
    if (this.hasBus(name)) throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`);
    this.#buses.set(name, { name, createdAt: this.#options.clock.now() });
    return this.busArn(name);
  }

  /** @throws AwsError ValidationException when the bus still has rules, or is the default one */
  deleteBus(name: string): void {
    if (name === DEFAULT_BUS) throw new AwsError('ValidationException', 'Cannot delete event bus default.');
    if (this.rules(name).length > 0) {
      throw new AwsError('ValidationException', "EventBus can't be deleted since it has rules.");
    }
    this.#buses.delete(name);
  }

  hasBus(name: string): boolean {
    return name === DEFAULT_BUS || this.#buses.has(name);
  }

  busNames(): string[] {
    return [DEFAULT_BUS, ...[...this.#buses.values()].map(({ name }) => name)];
  }

  busArn(name: string): string {
    return arn(this.#options.account, 'events', `event-bus/${name}`);
  }

  /** Name of the bus that a name or ARN means. @throws AwsError ResourceNotFoundException */
  busName(nameOrArn = DEFAULT_BUS): string {
    const name = nameOrArn.replace(/^arn:.*:event-bus\//, '');
    if (!this.hasBus(name)) {
      throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
    }
    return name;
  }

  /**
   * Makes a rule or changes it; its targets stay.
   *
   * @returns the rule's ARN
   * @throws AwsError InvalidEventPatternException, ValidationException, ResourceNotFoundException (the bus)
   */
  putRule(definition: Omit<EventRule, 'arn' | 'targets'>): string {
    const { bus, eventPattern, name, scheduleExpression } = definition;
    this.busName(bus);
    if (eventPattern === undefined && scheduleExpression === undefined) {
      throw new AwsError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.');
    }
    if (eventPattern !== undefined) parsePattern(eventPattern);
    if (scheduleExpression !== undefined && bus !== DEFAULT_BUS) {
      throw new AwsError('ValidationException', 'ScheduleExpression is supported only on the default event bus.');
    }
    const ruleArn = arn(this.#options.account, 'events', `rule/${ruleKey(bus, name)}`);
    const targets = this.#rules.get(ruleKey(bus, name))?.targets ?? [];
    this.#store({ ...definition, arn: ruleArn, targets });
    return ruleArn;
  }

  /** @throws AwsError ResourceNotFoundException */
  rule(bus: string, name: string): EventRule {
    const rule = this.#rules.get(ruleKey(bus, name));
    if (!rule) {
      throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${bus}.`);
    }
    return rule;
  }

  rules(bus: string): EventRule[] {
    return [...this.#rules.values()].filter((rule) => rule.bus === bus);
  }

  /** @throws AwsError ResourceNotFoundException */
  setTargets(bus: string, name: string, targets: readonly EventTarget[]): void {
    this.#store({ ...this.rule(bus, name), targets });
  }

  deleteRule(bus: string, name: string): void {
    this.#rules.delete(ruleKey(bus, name));
    this.#compiled.delete(bus);
    this.#options.schedules?.delete(`rule/${ruleKey(bus, name)}`);
  }

  /**
   * Gives an event to the rules of a bus. What a target does not take goes to its dead-letter queue, or into the log.
   *
   * @returns the event's id
   * @throws AwsError ResourceNotFoundException when there is no such bus
   */
  async emit(event: BusEvent, busName = DEFAULT_BUS): Promise<string> {
    const { account, clock } = this.#options;
    const id = randomUUID();
    const document = {
      version: '0',
      id,
      'detail-type': event.detailType,
      source: event.source,
      account: account.accountId,
      time: new Date(event.time ?? clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z'),
      region: account.region,
      resources: event.resources ?? [],
      detail: event.detail,
    };
    await this.#route(this.busName(busName), document, MOST_HOPS);
    return id;
  }

  async #route(bus: string, document: Record<string, unknown>, hops: number): Promise<void> {
    const matching = this.#compiledRules(bus).filter(({ matches }) => matches(document));
    await Promise.all(
      matching.flatMap(({ rule }) => rule.targets.map((target) => this.#send(rule, target, document, hops))),
    );
  }

  async #send(rule: EventRule, target: EventTarget, document: Record<string, unknown>, hops: number): Promise<void> {
    try {
      if (/^arn:[^:]+:events:.*:event-bus\//.test(target.arn)) {
        if (hops > 0) await this.#route(this.busName(target.arn), document, hops - 1);
        return;
      }
      const input = targetInput(target, document, rule, this.#options.clock.now());
      await this.#options.deliver(
        target.arn,
        input,
        { service: SERVICE, sourceArn: rule.arn },
        { groupId: target.messageGroupId, byRole: target.roleArn !== undefined },
      );
    } catch (error) {
      this.#giveUp(rule, target, document, (error as Error).message);
    }
  }

  #giveUp(rule: EventRule, target: EventTarget, document: unknown, reason: string): void {
    const { deadLetters, log } = this.#options;
    let kept = 'it is lost, as the target has no dead-letter queue';
    try {
      if (target.deadLetterArn !== undefined && deadLetters) {
        deadLetters.sendMessage(target.deadLetterArn, JSON.stringify(document));
        kept = `it is in ${target.deadLetterArn}`;
      }
    } catch (error) {
      kept = `nor could ${String(target.deadLetterArn)} take it: ${(error as Error).message}`;
    }
    log(`EventBridge rule ${rule.name} could not give an event to ${target.arn}: ${reason}; ${kept}`);
  }

  #store(rule: EventRule): void {
    const key = ruleKey(rule.bus, rule.name);
    const { schedules } = this.#options;
    if (rule.scheduleExpression !== undefined) {
      if (!schedules) throw new AwsError('ValidationException', 'The twin runs no schedules here.');
      try {
        schedules.put({
          key: `rule/${key}`,
          arn: rule.arn,
          expression: rule.scheduleExpression,
          enabled: rule.enabled,
          targets: rule.targets.map(({ arn: targetArn, input, roleArn }) => ({ arn: targetArn, input, roleArn })),
          service: SERVICE,
        });
      } catch (error) {
        throw new AwsError(
          'ValidationException',
          `Parameter ScheduleExpression is not valid. ${(error as Error).message}`,
        );
      }
    } else if (this.#rules.get(key)?.scheduleExpression !== undefined) {
      schedules?.delete(`rule/${key}`);
    }
    this.#rules.set(key, rule);
    this.#compiled.delete(rule.bus);
  }

  #compiledRules(bus: string): CompiledRule[] {
    let compiled = this.#compiled.get(bus);
    if (!compiled) {
      compiled = this.rules(bus)
        .filter((rule) => rule.enabled && rule.eventPattern !== undefined)
        .map((rule) => ({ rule, matches: parsePattern(rule.eventPattern!) }));
      this.#compiled.set(bus, compiled);
    }
    return compiled;
  }
}

/** @throws AwsError InvalidEventPatternException */
export function parsePattern(text: string): EventPattern {
  try {
    return compileEventPattern(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof PatternError ? error.message : 'Filter is not valid JSON';
    throw new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);
  }
}
