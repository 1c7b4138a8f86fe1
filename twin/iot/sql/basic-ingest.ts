const PREFIX = '$aws/rules/';

/**
 * Splits a Basic Ingest topic `$aws/rules/<rule>/<rest>`: such a publish goes to that rule alone, whose FROM is not looked at
 * and whose `topic()` is the rest (Developer Guide, "Basic Ingest"). `undefined` for any other topic.
 */
export function parseBasicIngest(topic: string): { readonly ruleName: string; readonly topic: string } | undefined {
  if (!topic.startsWith(PREFIX)) return undefined;
  const slash = topic.indexOf('/', PREFIX.length);
  const ruleName = topic.slice(PREFIX.length, slash === -1 ? undefined : slash);
  return ruleName === '' ? undefined : { ruleName, topic: slash === -1 ? '' : topic.slice(slash + 1) };
}
