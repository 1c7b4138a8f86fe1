import { DEFAULT_ACCOUNT, type Account } from '../../account.ts';

const IOT_ARN = /^arn:([^:*?$]*):iot:([^:]*):([^:]*):/;
const isLiteral = (field: string): boolean => !/[*?$]/.test(field);

/** No policy nests deeper (Statement, its list, Condition, operator, key, its list); what does is left as it is. */
const DEEPEST = 8;

function* stringsOf(value: unknown, depth = 0): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null && depth < DEEPEST) {
    for (const member of Object.values(value)) yield* stringsOf(member, depth + 1);
  }
}

/** Account and Region of the first ARN that names both; the default account when none does. */
export function accountNamedIn(documents: readonly unknown[]): Account {
  for (const text of stringsOf(documents, -1)) {
    const [, partition, region, accountId] = IOT_ARN.exec(text) ?? [];
    if (partition && region && accountId && isLiteral(region + accountId)) return { partition, region, accountId };
  }
  return DEFAULT_ACCOUNT;
}

function moved(text: string, account: Account): string {
  return text.replace(IOT_ARN, (_, partition: string, region: string, accountId: string) => {
    const home = (field: string, own: string): string => (isLiteral(field) ? own : field);
    return `arn:${home(partition, account.partition)}:iot:${home(region, account.region)}:${home(accountId, account.accountId)}:`;
  });
}

/**
 * A document as if every literal account, Region and partition of its IoT ARNs were the given one's: policies can then be
 * tried outside the account that they were written for.
 */
export function inAccount(document: unknown, account: Account, depth = 0): unknown {
  if (typeof document === 'string') return moved(document, account);
  if (typeof document !== 'object' || document === null || depth >= DEEPEST) return document;
  if (Array.isArray(document)) return document.map((item) => inAccount(item, account, depth + 1));
  return Object.fromEntries(
    Object.entries(document).map(([name, member]) => [name, inAccount(member, account, depth + 1)]),
  );
}
