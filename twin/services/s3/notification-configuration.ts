import { randomUUID } from 'node:crypto';

import { AwsError } from '../../endpoint/service.ts';
import type { Notification } from './notifications.ts';

/** Members of a configuration by kind: its list, and the member that names the target. */
const KINDS = [
  ['queue', 'QueueConfigurations', 'QueueArn'],
  ['topic', 'TopicConfigurations', 'TopicArn'],
  ['function', 'LambdaFunctionConfigurations', 'LambdaFunctionArn'],
] as const;

interface Entry {
  readonly Id?: string;
  readonly Events?: readonly string[];
  readonly Filter?: {
    readonly Key?: { readonly FilterRules?: readonly { readonly Name?: string; readonly Value?: string }[] };
  };
  readonly [target: string]: unknown;
}

/** @throws AwsError InvalidArgument */
export function notificationsFrom(configuration: Readonly<Record<string, unknown>>): Notification[] {
  const notifications = KINDS.flatMap(([kind, listName, targetName]) =>
    ((configuration[listName] as Entry[] | undefined) ?? []).map((entry): Notification => {
      const events = entry.Events ?? [];
      const unknown = events.find((event) => !/^s3:Object(Created|Removed):(\*|[A-Za-z]+)$/.test(event));
      if (events.length === 0 || unknown !== undefined)
        throw new AwsError(
          'InvalidArgument',
          `The event '${unknown ?? ''}' is not supported for notifications; the twin has s3:ObjectCreated:* and s3:ObjectRemoved:*.`,
        );
      const rules = entry.Filter?.Key?.FilterRules ?? [];
      const rule = (name: string): string => rules.find(({ Name = '' }) => Name.toLowerCase() === name)?.Value ?? '';
      return {
        id: entry.Id ?? randomUUID(),
        kind,
        targetArn: String(entry[targetName]),
        events,
        prefix: rule('prefix'),
        suffix: rule('suffix'),
      };
    }),
  );
  if (configuration['EventBridgeConfiguration'] !== undefined)
    notifications.push({ id: 'eventbridge', kind: 'eventbridge', targetArn: '', events: [], prefix: '', suffix: '' });
  return notifications;
}

/** A configuration as GetBucketNotificationConfiguration answers it. */
export function notificationMembers(notifications: readonly Notification[]): Record<string, unknown> {
  const lists = KINDS.map(([kind, listName, targetName]) => {
    const entries = notifications
      .filter((notification) => notification.kind === kind)
      .map(({ id, targetArn, events, prefix, suffix }) => ({
        Id: id,
        [targetName]: targetArn,
        Events: events,
        ...((prefix !== '' || suffix !== '') && { Filter: { Key: { FilterRules: filterRules(prefix, suffix) } } }),
      }));
    return [listName, entries.length > 0 ? entries : undefined];
  });
  const eventBridge = notifications.some(({ kind }) => kind === 'eventbridge');
  return { ...Object.fromEntries(lists), ...(eventBridge && { EventBridgeConfiguration: {} }) };
}

function filterRules(prefix: string, suffix: string): { Name: string; Value: string }[] {
  return [
    { Name: 'Prefix', Value: prefix },
    { Name: 'Suffix', Value: suffix },
  ].filter(({ Value }) => Value !== '');
}
