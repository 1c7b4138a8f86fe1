import { arn } from '../../account.ts';
import type { OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../../services/page.ts';
import type { TopicRuleDestination, VpcProperties } from './destinations.ts';
import type { RulesEngine } from './rules-engine.ts';
import type { StoredRule, TopicRulePayload } from './topic-rule.ts';

const LARGEST_PAGE = 10_000;

/** The operations of rules and their destinations, for the `iot` service on the endpoint. */
export function ruleOperations(engine: RulesEngine): Record<string, OperationDefinition> {
  const ofRule = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input, account) => [arn(account, 'iot', `rule/${nameOf(input)}`)],
  });
  const ofDestination = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => [String(input['arn'])],
  });
  const payloadOf = (input: OperationInput): TopicRulePayload =>
    input['topicRulePayload'] as unknown as TopicRulePayload;
  return {
    CreateTopicRule: ofRule((input) => void engine.createRule(nameOf(input), payloadOf(input))),
    ReplaceTopicRule: ofRule((input) => void engine.replaceRule(nameOf(input), payloadOf(input))),
    GetTopicRule: ofRule((input) => ({
      ruleArn: engine.arnOf(nameOf(input)),
      rule: ruleOutput(engine.getRule(nameOf(input))),
    })),
    DeleteTopicRule: ofRule((input) => void engine.deleteRule(nameOf(input))),
    EnableTopicRule: ofRule((input) => void engine.enableRule(nameOf(input))),
    DisableTopicRule: ofRule((input) => void engine.disableRule(nameOf(input))),
    ListTopicRules: { run: (input) => listRules(engine, input) },
    CreateTopicRuleDestination: {
      run: (input) => ({ topicRuleDestination: destinationOutput(createDestination(engine, input)) }),
    },
    GetTopicRuleDestination: ofDestination((input) => ({
      topicRuleDestination: destinationOutput(engine.destinations.get(String(input['arn']))),
    })),
    UpdateTopicRuleDestination: ofDestination(
      (input) => void engine.destinations.updateStatus(String(input['arn']), String(input['status'])),
    ),
    DeleteTopicRuleDestination: ofDestination((input) => void engine.destinations.delete(String(input['arn']))),
    ListTopicRuleDestinations: { run: (input) => listDestinations(engine, input) },
  };
}

function createDestination(engine: RulesEngine, input: OperationInput): TopicRuleDestination {
  const configuration = (input['destinationConfiguration'] ?? {}) as {
    readonly vpcConfiguration?: Partial<VpcProperties>;
    readonly httpUrlConfiguration?: { readonly confirmationUrl?: string };
  };
  const { vpcConfiguration, httpUrlConfiguration } = configuration;
  return engine.destinations.create({ vpcProperties: vpcConfiguration, httpUrlProperties: httpUrlConfiguration });
}

function nameOf(input: OperationInput): string {
  return String(input['ruleName']);
}

function ruleOutput({ createdAt, ...rule }: StoredRule): Record<string, unknown> {
  return { ...rule, createdAt: new Date(createdAt) };
}

function listRules(engine: RulesEngine, input: OperationInput): Record<string, unknown> {
  const { topic, ruleDisabled } = input;
  const rules = engine
    .listRules()
    .filter((rule) => ruleDisabled === undefined || rule.ruleDisabled === ruleDisabled)
    .filter(({ ruleName }) => topic === undefined || engine.topicFilterOf(ruleName) === topic);
  const { items, nextToken } = page(rules, ({ ruleName }) => ruleName, ...pageOf(input));
  return {
    rules: items.map(({ ruleName, createdAt, ruleDisabled: disabled }) => ({
      ruleArn: engine.arnOf(ruleName),
      ruleName,
      topicPattern: engine.topicFilterOf(ruleName),
      createdAt: new Date(createdAt),
      ruleDisabled: disabled ?? false,
    })),
    nextToken,
  };
}

function listDestinations(engine: RulesEngine, input: OperationInput): Record<string, unknown> {
  const { items, nextToken } = page(engine.destinations.list(), (destination) => destination.arn, ...pageOf(input));
  const summaries = items.map((destination) => {
    const { vpcProperties, httpUrlProperties, ...common } = destinationOutput(destination);
    return { ...common, vpcDestinationSummary: vpcProperties, httpUrlSummary: httpUrlProperties };
  });
  return { destinationSummaries: summaries, nextToken };
}

function pageOf(input: OperationInput): [size: number | undefined, token: string | undefined, largest: number] {
  return [input['maxResults'] as number | undefined, input['nextToken'] as string | undefined, LARGEST_PAGE];
}

function destinationOutput(destination: TopicRuleDestination): Record<string, unknown> {
  const { createdAt, lastUpdatedAt, ...rest } = destination;
  return { ...rest, createdAt: new Date(createdAt), lastUpdatedAt: new Date(lastUpdatedAt) };
}
