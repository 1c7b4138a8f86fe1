import { AwsError } from '../../endpoint/service.ts';
import type { AwsService, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import type { LogStream } from './log-stream.ts';
import type { LogGroup, Logs } from './logs.ts';
import { putLogEvents } from './put-log-events.ts';
import { filterLogEvents, getLogEvents } from './read-events.ts';

const PAGE_SIZE = 50;

/** CloudWatch Logs on the endpoint. @param now milliseconds since the epoch */
export function logsService(logs: Logs, now: () => number): AwsService {
  const groupOf = (input: OperationInput): string => {
    const identifier = input['logGroupName'] ?? input['logGroupIdentifier'] ?? input['resourceArn'];
    if (identifier === undefined)
      throw new AwsError('InvalidParameterException', 'A log group name or identifier is required.');
    return String(identifier)
      .replace(/^arn:[^:]+:logs:[^:]*:[^:]*:log-group:/, '')
      .replace(/:\*$/, '');
  };
  const ofGroup = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => [`${logs.groupArn(groupOf(input))}:log-stream:${String(input['logStreamName'] ?? '')}`],
  });
  return {
    signingNames: ['logs'],
    iamPrefix: 'logs',
    model: () => import('@aws-sdk/client-cloudwatch-logs'),
    operations: {
      CreateLogGroup: ofGroup((input) => {
        const logGroupClass = input['logGroupClass'] as string | undefined;
        logs.createGroup(groupOf(input), { tags: texts(input['tags']), logGroupClass });
      }),
      DeleteLogGroup: ofGroup((input) => void logs.deleteGroup(groupOf(input))),
      DescribeLogGroups: {
        run(input) {
          const prefix = String(input['logGroupNamePrefix'] ?? '');
          const part = String(input['logGroupNamePattern'] ?? '').toLowerCase();
          const groups = logs
            .groups()
            .filter(({ name }) => name.startsWith(prefix) && name.toLowerCase().includes(part));
          const { items, nextToken } = page(groups, ({ name }) => name, limitOf(input), tokenOf(input), PAGE_SIZE);
          return { logGroups: items.map((group) => showGroup(logs, group)), nextToken };
        },
      },
      PutRetentionPolicy: ofGroup((input) => void logs.setRetention(groupOf(input), Number(input['retentionInDays']))),
      DeleteRetentionPolicy: ofGroup((input) => void logs.setRetention(groupOf(input), undefined)),
      CreateLogStream: ofGroup((input) => void logs.createStream(groupOf(input), String(input['logStreamName']))),
      DeleteLogStream: ofGroup((input) => void logs.deleteStream(groupOf(input), String(input['logStreamName']))),
      DescribeLogStreams: ofGroup((input) => describeStreams(logs.streams(groupOf(input)), input)),
      PutLogEvents: ofGroup((input) => putLogEvents(logs, input, now())),
      GetLogEvents: ofGroup((input) => getLogEvents(logs, groupOf(input), input)),
      FilterLogEvents: ofGroup((input) => filterLogEvents(logs, groupOf(input), input)),
      ListTagsForResource: ofGroup((input) => ({ tags: logs.group(groupOf(input)).tags })),
      TagResource: ofGroup((input) => {
        logs.setTags(groupOf(input), { ...logs.group(groupOf(input)).tags, ...texts(input['tags']) });
      }),
      UntagResource: ofGroup((input) => {
        const removed = input['tagKeys'] as string[];
        const kept = Object.entries(logs.group(groupOf(input)).tags).filter(([key]) => !removed.includes(key));
        logs.setTags(groupOf(input), Object.fromEntries(kept));
      }),
    },
  };
}

function describeStreams(streams: readonly LogStream[], input: OperationInput): Record<string, unknown> {
  const prefix = (input['logStreamNamePrefix'] as string | undefined) ?? '';
  const byTime = input['orderBy'] === 'LastEventTime';
  if (byTime && prefix !== '') {
    throw new AwsError('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const keyOf = (stream: LogStream): string =>
    byTime ? `${String(stream.lastActivity).padStart(16, '0')} ${stream.name}` : stream.name;
  const sorted = streams
    .filter(({ name }) => name.startsWith(prefix))
    .map((stream) => ({ stream, key: keyOf(stream) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  if (input['descending'] === true) sorted.reverse();
  const after = tokenOf(input);
  const start =
    after === undefined ? 0 : sorted.findIndex(({ key }) => Buffer.from(key).toString('base64url') === after) + 1;
  const size = Math.min(limitOf(input) ?? PAGE_SIZE, PAGE_SIZE);
  const items = sorted.slice(start, start + size);
  const more = start + size < sorted.length;
  return {
    logStreams: items.map(({ stream }) => showStream(stream)),
    nextToken: more ? Buffer.from(items.at(-1)!.key).toString('base64url') : undefined,
  };
}

function showGroup(logs: Logs, group: LogGroup): Record<string, unknown> {
  return {
    logGroupName: group.name,
    creationTime: group.createdAt,
    retentionInDays: group.retentionInDays,
    metricFilterCount: 0,
    arn: `${logs.groupArn(group.name)}:*`,
    logGroupArn: logs.groupArn(group.name),
    storedBytes: logs.storedBytes(group.name),
    logGroupClass: group.logGroupClass ?? 'STANDARD',
  };
}

function showStream(stream: LogStream): Record<string, unknown> {
  const { first, ingestion, last } = stream.extent;
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAt,
    firstEventTimestamp: first,
    lastEventTimestamp: last,
    lastIngestionTime: ingestion,
    arn: stream.arn,
    storedBytes: stream.storedBytes,
  };
}

function limitOf(input: OperationInput): number | undefined {
  return input['limit'] as number | undefined;
}

function tokenOf(input: OperationInput): string | undefined {
  return input['nextToken'] as string | undefined;
}

function texts(value: unknown): Record<string, string> {
  return (value as Record<string, string> | undefined) ?? {};
}
