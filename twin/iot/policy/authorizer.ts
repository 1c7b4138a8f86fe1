import type { Account } from '../../account.ts';
import type { Policy } from '../../policy-language/document.ts';
import { actionMatches, conditionsHold, resourcePattern, type Decision } from '../../policy-language/evaluate.ts';
import type { Pattern } from '../../policy-language/wildcard.ts';
import { decide } from './decide.ts';
import { connectionContext, type ConnectionFacts } from './facts.ts';
import { resourceArn, type IotAction } from './resources.ts';

/** Answers kept for each action of each connection: a device publishes on a handful of topics, and memory counts. */
const REMEMBERED_RESOURCES = 32;

interface ResourceTest {
  readonly patterns: readonly Pattern[];
  readonly negated: boolean;
}

/** What is left of the policies for one action of one connection: only resources are still to be compared. */
interface CompiledAction {
  readonly deny: readonly ResourceTest[];
  readonly allow: readonly ResourceTest[];
  readonly answers: Map<string, boolean>;
}

function matches(test: ResourceTest, resource: string): boolean {
  return test.patterns.some((pattern) => pattern.matches(resource)) !== test.negated;
}

/**
 * The policies of one connection. Variables are replaced and conditions decided once for each action, when it is first
 * asked for; after that a known topic costs one map look-up. Facts that change (a thing's attributes, an attachment)
 * need a new Authorizer.
 */
export class Authorizer {
  readonly #policies: readonly Policy[];
  readonly #facts: ConnectionFacts;
  readonly #account: Account;
  readonly #actions = new Map<IotAction, CompiledAction>();

  constructor(policies: readonly Policy[], facts: ConnectionFacts, account: Account) {
    this.#policies = policies;
    this.#facts = facts;
    this.#account = account;
  }

  /**
   * @param resource client ID, topic or topic filter as it is in the packet, see `resourceArn`
   */
  isAllowed(action: IotAction, resource: string): boolean {
    let compiled = this.#actions.get(action);
    if (!compiled) this.#actions.set(action, (compiled = this.#compile(action)));
    let allowed = compiled.answers.get(resource);
    if (allowed === undefined) {
      const arn = resourceArn(action, resource, this.#account);
      const hit = (test: ResourceTest): boolean => matches(test, arn);
      allowed = !compiled.deny.some(hit) && compiled.allow.some(hit);
      if (compiled.answers.size >= REMEMBERED_RESOURCES) compiled.answers.clear();
      compiled.answers.set(resource, allowed);
    }
    return allowed;
  }

  /** "To grant iot:RetainPublish permission, you must also grant iot:Publish" (IoT guide, "policy actions"). */
  mayPublish(topic: string, retain: boolean): boolean {
    return this.isAllowed('iot:Publish', topic) && (!retain || this.isAllowed('iot:RetainPublish', topic));
  }

  /** The same answer as `isAllowed`, with the statement it comes from: for logs, not for hot paths. */
  decide(action: IotAction, resource: string): Decision {
    return decide(
      this.#policies,
      { action, resource: resourceArn(action, resource, this.#account) },
      this.#facts,
      this.#account,
    );
  }

  #compile(action: IotAction): CompiledAction {
    const context = connectionContext(this.#facts, action, this.#account);
    const tests = { Allow: [] as ResourceTest[], Deny: [] as ResourceTest[] };
    for (const statement of this.#policies.flatMap((policy) => policy.statements)) {
      if (!actionMatches(statement, action) || !conditionsHold(statement, context)) continue;
      const patterns = statement.resources.flatMap((template) => resourcePattern(template, context) ?? []);
      tests[statement.effect].push({ patterns, negated: statement.notResource });
    }
    return { deny: tests.Deny, allow: tests.Allow, answers: new Map() };
  }
}
