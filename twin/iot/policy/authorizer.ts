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
  /** Compared with the bare resource: the ARN's fixed beginning was compared when the action was compiled. */
  readonly bare: readonly Pattern[];
  /** Those with a wildcard before the resource's own name, compared with the whole ARN. */
  readonly whole: readonly Pattern[];
  readonly negated: boolean;
}

/** What is left of the policies for one action of one connection: only resources are still to be compared. */
interface CompiledAction {
  readonly deny: readonly ResourceTest[];
  readonly allow: readonly ResourceTest[];
  /** `arn:…:topic/` and the like. */
  readonly arnPrefix: string;
  readonly answers: Map<string, boolean>;
}

function anyMatches(patterns: readonly Pattern[], text: string): boolean {
  for (const pattern of patterns) if (pattern.matches(text)) return true;
  return false;
}

function anyApplies(tests: readonly ResourceTest[], arnPrefix: string, resource: string): boolean {
  for (const { bare, whole, negated } of tests) {
    const named = anyMatches(bare, resource) || (whole.length > 0 && anyMatches(whole, arnPrefix + resource));
    if (named !== negated) return true;
  }
  return false;
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
      const { deny, allow, arnPrefix } = compiled;
      const named = action === 'iot:ListRetainedMessages' ? '*' : resource;
      allowed = !anyApplies(deny, arnPrefix, named) && anyApplies(allow, arnPrefix, named);
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
    // The one action without resources is asked on `*`, which has no beginning to take off.
    const arnPrefix = action === 'iot:ListRetainedMessages' ? '' : resourceArn(action, '', this.#account);
    const tests = { Allow: [] as ResourceTest[], Deny: [] as ResourceTest[] };
    for (const statement of this.#policies.flatMap((policy) => policy.statements)) {
      if (!actionMatches(statement, action) || !conditionsHold(statement, context)) continue;
      const patterns = statement.resources.flatMap((template) => resourcePattern(template, context) ?? []);
      const cut = patterns.map((pattern) => [pattern, pattern.after(arnPrefix)] as const);
      tests[statement.effect].push({
        bare: cut.flatMap(([pattern, rest]) => (rest && rest !== pattern ? rest : [])),
        whole: cut.flatMap(([pattern, rest]) => (rest === pattern ? pattern : [])),
        negated: statement.notResource,
      });
    }
    return { deny: tests.Deny, allow: tests.Allow, arnPrefix, answers: new Map() };
  }
}
