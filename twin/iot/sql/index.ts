/** AWS IoT SQL: statements of rules and the substitution templates of their actions. */
export { EvaluationFailure, SqlSyntaxError } from './errors.ts';
export { parseBasicIngest } from './basic-ingest.ts';
export { explainStatement, type Explanation, type Step } from './explain.ts';
export type { Externals } from './externals.ts';
export { functionNames } from './functions/registry.ts';
export type { RuleMessage } from './message.ts';
export type { Output } from './output.ts';
export { parseJsonValue } from './payload.ts';
export { compileStatement, type CompiledStatement, type Outcome, type Variables } from './statement.ts';
export { compileTemplate, type CompiledTemplate } from './template.ts';
export type { Value } from './value.ts';
export { DEFAULT_SQL_VERSION, SQL_VERSIONS, type SqlVersion } from './version.ts';
