/** AWS IoT rules: the engine, its operations on the endpoint, and its CloudFormation resources. */
export { ruleOperations } from './operations.ts';
export type { RuleLogEntry, RulesPorts } from './ports.ts';
export { ruleProviders } from './providers.ts';
export { RulesEngine, type RulesEngineOptions } from './rules-engine.ts';
export type { RuleCounters, TopicRulePayload } from './topic-rule.ts';
