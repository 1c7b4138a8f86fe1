/** `awsIotSqlVersion` of a rule (Developer Guide, "SQL versions"). */
export type SqlVersion = '2015-10-08' | '2016-03-23' | 'beta';

export const SQL_VERSIONS: readonly SqlVersion[] = ['2015-10-08', '2016-03-23', 'beta'];

/** What this project's own commands assume. CloudFormation and the API assume 2015-10-08 where a rule names none. */
export const DEFAULT_SQL_VERSION: SqlVersion = '2016-03-23';

/** Whether `version` is the original engine: no literals, no nested queries, whole Decimals stay Decimals. */
export function isOriginalVersion(version: SqlVersion): boolean {
  return version === '2015-10-08';
}
