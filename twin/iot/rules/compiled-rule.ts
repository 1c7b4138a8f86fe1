import { AwsError } from '../../endpoint/service.ts';
import type { Externals, Outcome, Output, SqlVersion } from '../sql/index.ts';
import { compileStatement, SQL_VERSIONS, SqlSyntaxError, type CompiledStatement } from '../sql/index.ts';
import { invalid, type ActionContext, type ActionInvocation, type RuleAction } from './actions/action.ts';
import { compileAction } from './actions/catalogue.ts';
import { errorMessageOf, type ActionFailure } from './error-message.ts';
import type { IngestedMessage } from './ingested-message.ts';
import type { RuleLogEntry } from './ports.ts';
import { newCounters, type RuleCounters, type StoredRule } from './topic-rule.ts';

/** CloudFormation and the API assume the oldest version (API reference, TopicRulePayload). */
const VERSION_WHEN_ABSENT: SqlVersion = '2015-10-08';
/** Quotas of the rules engine: actions of one rule. */
const MOST_ACTIONS = 10;

export interface RuleSurroundings {
  readonly externals: Externals;
  readonly log: (entry: RuleLogEntry) => void;
  /** The counters of an earlier version of the rule go on. */
  readonly counters?: RuleCounters;
}

type Attempt = ActionFailure | undefined;

/** A rule ready to run: its statement, its actions, and what to do with what they could not deliver. */
export class CompiledRule {
  readonly ruleName: string;
  readonly topicFilter: string | undefined;
  readonly counters: RuleCounters;
  readonly #statement: CompiledStatement;
  readonly #actions: readonly RuleAction[];
  readonly #errorAction: RuleAction | undefined;
  readonly #surroundings: RuleSurroundings;

  /** @throws AwsError SqlParseException or InvalidRequestException, as CreateTopicRule would */
  constructor(rule: StoredRule, context: Omit<ActionContext, 'sqlVersion'>, surroundings: RuleSurroundings) {
    const sqlVersion = (rule.awsIotSqlVersion ?? VERSION_WHEN_ABSENT) as SqlVersion;
    if (!SQL_VERSIONS.includes(sqlVersion))
      throw invalid(`${sqlVersion} is not a version of AWS IoT SQL: ${SQL_VERSIONS.join(', ')}.`);
    if (rule.actions.length > MOST_ACTIONS)
      throw invalid(`A rule has at most ${MOST_ACTIONS} actions, this one ${rule.actions.length}.`);
    this.ruleName = rule.ruleName;
    this.#surroundings = surroundings;
    this.counters = surroundings.counters ?? newCounters();
    this.#statement = parse(rule.sql, sqlVersion);
    this.topicFilter = this.#statement.topicFilter;
    this.#actions = rule.actions.map((action) => compileAction(action, { ...context, sqlVersion }));
    this.#errorAction = rule.errorAction && compileAction(rule.errorAction, { ...context, sqlVersion });
  }

  /**
   * Runs the rule on a message. A promise settles, and never rejects, when each action has delivered or its failure has been
   * handed to the error action; functions run on after that, since IoT invokes them asynchronously.
   */
  run(message: IngestedMessage): Promise<void> | undefined {
    this.counters.topicMatch += 1;
    const outcome = this.#statement.evaluate(message, this.#surroundings.externals);
    return outcome instanceof Promise
      ? outcome.then((settled) => this.#act(settled, message))
      : this.#act(outcome, message);
  }

  #act(outcome: Outcome, message: IngestedMessage): Promise<void> | undefined {
    if ('failed' in outcome) {
      this.counters.sqlFailure += 1;
      this.#log(message, {
        eventType: 'FunctionExecution',
        status: 'Failure',
        logLevel: 'ERROR',
        details: outcome.failed,
      });
      return undefined;
    }
    if (!outcome.fires) return undefined;
    this.counters.fired += 1;
    const invocation: ActionInvocation = {
      message,
      output: outcome.output,
      variables: outcome.variables,
      externals: this.#surroundings.externals,
    };
    const [only] = this.#actions;
    if (only && this.#actions.length === 1 && !only.isDetached) return this.#actAlone(only, invocation);
    const attempts = this.#actions.map((action) => this.#attempt(action, invocation));
    if (!attempts.some((attempt) => attempt instanceof Promise))
      return this.#onSettled(attempts as Attempt[], invocation);
    const settled = Promise.all(attempts).then((results) => this.#onSettled(results, invocation));
    const waitedFor = attempts.filter((_, index) => !this.#actions[index]!.isDetached);
    if (waitedFor.length === attempts.length) return settled;
    return Promise.all(waitedFor).then((results) => (results.some(Boolean) ? settled : undefined));
  }

  /** The one action that most rules have: one promise a message. */
  #actAlone(action: RuleAction, invocation: ActionInvocation): Promise<void> | undefined {
    const onFailure = (error: unknown): Promise<void> | undefined =>
      this.#onSettled([this.#failed(action, error, invocation)], invocation);
    try {
      const result = action.run(invocation);
      if (result) return result.then(this.#succeeded, onFailure);
    } catch (error) {
      return onFailure(error);
    }
    return this.#succeeded();
  }

  /** One action on one message: its failure as a value, never as an error. */
  #attempt(action: RuleAction, invocation: ActionInvocation): Attempt | Promise<Attempt> {
    try {
      const result = action.run(invocation);
      if (!result) return this.#succeeded();
      return result.then(this.#succeeded, (error: unknown) => this.#failed(action, error, invocation));
    } catch (error) {
      return this.#failed(action, error, invocation);
    }
  }

  readonly #succeeded = (): undefined => {
    this.counters.success += 1;
    return undefined;
  };

  #failed(action: RuleAction, error: unknown, { message }: ActionInvocation): ActionFailure {
    this.counters.failure += 1;
    const errorMessage = error instanceof Error ? error.message : String(error);
    const outcome = { eventType: 'RuleExecution', status: 'Failure', logLevel: 'ERROR' } as const;
    this.#log(message, {
      ...outcome,
      ruleAction: action.name,
      resources: { Resource: action.resource },
      details: errorMessage,
    });
    return { failedAction: action.name, failedResource: action.resource, errorMessage };
  }

  #onSettled(attempts: readonly Attempt[], invocation: ActionInvocation): Promise<void> | undefined {
    const failures = attempts.filter((attempt): attempt is ActionFailure => attempt !== undefined);
    if (failures.length === 0 || !this.#errorAction) return undefined;
    return this.#handOver(this.#errorAction, failures, invocation);
  }

  async #handOver(
    errorAction: RuleAction,
    failures: readonly ActionFailure[],
    invocation: ActionInvocation,
  ): Promise<void> {
    const output = jsonOutput(errorMessageOf(this.ruleName, invocation.message, failures));
    try {
      await errorAction.run({ ...invocation, output });
      this.counters.errorActionSuccess += 1;
    } catch (error) {
      this.counters.errorActionFailure += 1;
      const outcome = { eventType: 'RuleExecution', status: 'Failure', logLevel: 'ERROR' } as const;
      const details = `The error action failed, so the message is lost: ${(error as Error).message}`;
      this.#log(invocation.message, { ...outcome, ruleAction: errorAction.name, details });
    }
  }

  #log(message: IngestedMessage, entry: Omit<RuleLogEntry, 'topicName'>): void {
    const { clientId, principal, sourceIp } = message.source;
    const about = { topicName: message.topic, clientId, principalId: principal, sourceIp, traceId: message.logTraceId };
    this.#surroundings.log({ ...about, ruleName: this.ruleName, ...entry });
  }
}

function parse(sql: string, version: SqlVersion): CompiledStatement {
  try {
    return compileStatement(sql, version);
  } catch (error) {
    if (error instanceof SqlSyntaxError) throw new AwsError('SqlParseException', error.message, 400);
    throw error;
  }
}

function jsonOutput(value: Record<string, unknown>): Output {
  return { value: value as never, isRaw: false, bytes: () => Buffer.from(JSON.stringify(value)) };
}
