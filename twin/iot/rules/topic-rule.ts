/** A rule's payload in the API's form (API reference, TopicRulePayload). */
export interface TopicRulePayload {
  readonly sql: string;
  readonly actions: readonly ActionDefinition[];
  readonly errorAction?: ActionDefinition;
  /** CloudFormation and the API take 2015-10-08 when it is absent. */
  readonly awsIotSqlVersion?: string;
  readonly description?: string;
  readonly ruleDisabled?: boolean;
}

/** One member, named after the kind of action: `{ kafka: { … } }`. */
export type ActionDefinition = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface StoredRule extends TopicRulePayload {
  readonly ruleName: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** What came of a rule since the twin started, as IoT Core's metrics count it (Developer Guide, "Rule metrics"). */
export interface RuleCounters {
  /** Messages that reached the rule. */
  topicMatch: number;
  /** Messages for which the WHERE clause was true, so that actions ran. */
  fired: number;
  /** Messages that ended the rule in its SQL. */
  sqlFailure: number;
  success: number;
  failure: number;
  errorActionSuccess: number;
  errorActionFailure: number;
}

export function newCounters(): RuleCounters {
  return {
    topicMatch: 0,
    fired: 0,
    sqlFailure: 0,
    success: 0,
    failure: 0,
    errorActionSuccess: 0,
    errorActionFailure: 0,
  };
}
