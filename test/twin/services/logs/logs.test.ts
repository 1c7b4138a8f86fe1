import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { GetLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { Logs } from '../../../../twin/services/logs/logs.ts';
import { logsService } from '../../../../twin/services/logs/operations.ts';
import { logsProviders } from '../../../../twin/services/logs/providers.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const folder = mkdtempSync(join(tmpdir(), 'logs-'));
const options = { account: DEFAULT_ACCOUNT, clock, store: openStore(':memory:'), folder };
const logs = new Logs(options);
let endpoint: Endpoint;
let client: CloudWatchLogsClient;
let count = 0;
let group: string;

beforeAll(async () => {
  endpoint = await startEndpoint([logsService(logs, () => clock.now())]);
  client = new CloudWatchLogsClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  logs.close();
  await endpoint.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  count += 1;
  group = `/app/${count}`;
  await client.send(new CreateLogGroupCommand({ logGroupName: group }));
  await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 's' }));
});

const put = (messages: string[], stream = 's', at = clock.now()) =>
  client.send(
    new PutLogEventsCommand({
      logGroupName: group,
      logStreamName: stream,
      logEvents: messages.map((message, index) => ({ timestamp: at + index, message })),
    }),
  );
const get = async (rest: Partial<GetLogEventsCommandInput> = {}) => {
  const answer = await client.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: 's', ...rest }));
  return { ...answer, messages: answer.events!.map(({ message }) => message) };
};

describe('events', () => {
  test('are read as they were put', async () => {
    await put(['one', 'zwei\nLinien ü']);
    const { events } = await get({ startFromHead: true });
    expect(events).toEqual([
      { message: 'one', timestamp: clock.now(), ingestionTime: clock.now() },
      { message: 'zwei\nLinien ü', timestamp: clock.now() + 1, ingestionTime: clock.now() },
    ]);
  });

  test('come in pages forward, until the token stays the same', async () => {
    await put(['1', '2', '3']);
    const first = await get({ startFromHead: true, limit: 2 });
    const second = await get({ nextToken: first.nextForwardToken });
    const third = await get({ nextToken: second.nextForwardToken });
    expect([first.messages, second.messages, third.messages]).toEqual([['1', '2'], ['3'], []]);
    expect(third.nextForwardToken).toBe(second.nextForwardToken);
    await put(['4'], 's', clock.now() + 10);
    expect((await get({ nextToken: third.nextForwardToken })).messages).toEqual(['4']);
  });

  test('come newest first by default, and in pages backward', async () => {
    await put(['1', '2', '3']);
    const last = await get({ limit: 2 });
    const before = await get({ limit: 2, nextToken: last.nextBackwardToken });
    expect([last.messages, before.messages]).toEqual([['2', '3'], ['1']]);
  });

  test('are chosen by time, without the end', async () => {
    await put(['1', '2', '3']);
    expect((await get({ startTime: clock.now() + 1, endTime: clock.now() + 2 })).messages).toEqual(['2']);
  });

  test('are found across streams in order of time, in pages', async () => {
    await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 't' }));
    await put(['ERROR a', 'fine', 'ERROR c']);
    await put(['ERROR b'], 't', clock.now() + 1);
    const find = (nextToken?: string) =>
      client.send(new FilterLogEventsCommand({ logGroupName: group, filterPattern: 'ERROR', limit: 2, nextToken }));
    const first = await find();
    const second = await find(first.nextToken);
    const all = [...first.events!, ...second.events!];
    expect(all.map(({ message, logStreamName }) => [message, logStreamName])).toEqual([
      ['ERROR a', 's'],
      ['ERROR b', 't'],
      ['ERROR c', 's'],
    ]);
    expect(second.nextToken).toBeUndefined();
    expect(new Set(all.map(({ eventId }) => eventId)).size).toBe(3);
  });

  test('that are too old or too new are told and left out', async () => {
    const { rejectedLogEventsInfo: old } = await put(['old'], 's', clock.now() - 15 * 86_400_000);
    const { rejectedLogEventsInfo: early } = await put(['early'], 's', clock.now() + 3 * 3_600_000);
    expect([old, early]).toEqual([{ tooOldLogEventEndIndex: 1 }, { tooNewLogEventStartIndex: 0 }]);
    expect((await get()).messages).toEqual([]);
  });

  test('survive a restart, but for a line that was cut off', async () => {
    await put(['kept']);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const file = files.find((name) => name.startsWith(`app_${count}-`) && name.endsWith('.jsonl'))!;
    appendFileSync(join(folder, file), '{"number":1,"times');
    const restarted = new Logs(options);
    restarted.write(group, 's', 'next', clock.now() + 1);
    restarted.close();
    expect(restarted.stream(group, 's').events()).toMatchObject([
      { number: 0, message: 'kept' },
      { number: 1, message: 'next' },
    ]);
  });

  test('take bounded room on disk, and the newest stay', () => {
    const message = 'x'.repeat(100_000);
    for (let index = 0; index < 60; index += 1) logs.write(group, 'big', `${index} ${message}`);
    const events = logs.stream(group, 'big').events();
    expect(events.at(-1)!.message.startsWith('59 ')).toBe(true);
    expect(events.length).toBeLessThan(45);
    expect(logs.stream(group, 'big').storedBytes).toBeLessThan(4.2 * 1024 * 1024);
  });

  test.each<[string, number[], string]>([
    ['out of order', [5, 1], 'chronological order'],
    ['more than a day apart', [0, 86_400_001], '24 hours'],
  ])('%s are refused', async (_name, offsets, text) => {
    const logEvents = offsets.map((offset) => ({ timestamp: clock.now() + offset, message: 'x' }));
    await expect(
      client.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: 's', logEvents })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException', message: expect.stringContaining(text) });
  });
});

describe('groups and streams', () => {
  test('that are not there are told by name', async () => {
    await expect(put(['x'], 'nowhere')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The specified log stream does not exist.',
    });
    await expect(client.send(new CreateLogGroupCommand({ logGroupName: group }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
  });

  test('are described', async () => {
    await put(['one']);
    const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group }));
    expect(logGroups).toMatchObject([
      { logGroupName: group, arn: `arn:aws:logs:us-east-1:000000000000:log-group:${group}:*` },
    ]);
    await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: 'later' }));
    await put(['x'], 'later', clock.now() + 1000);
    const { logStreams } = await client.send(
      new DescribeLogStreamsCommand({ logGroupName: group, orderBy: 'LastEventTime', descending: true, limit: 1 }),
    );
    expect(logStreams).toMatchObject([{ logStreamName: 'later', lastEventTimestamp: clock.now() + 1000 }]);
  });

  test('forget what is older than the retention', async () => {
    await put(['old']);
    await client.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays: 1 }));
    await clock.advance(2 * 86_400_000);
    expect((await get()).messages).toEqual([]);
    expect(logs.storedBytes(group)).toBe(0);
    await expect(
      client.send(new PutRetentionPolicyCommand({ logGroupName: group, retentionInDays: 2 })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  test('come from services that write: functions make them, rules need the group', () => {
    logs.write('/aws/lambda/f', '2026/01/01/[$LATEST]1', 'START');
    expect(logs.stream('/aws/lambda/f', '2026/01/01/[$LATEST]1').events()).toHaveLength(1);
    logs.putLogEvents(group, [{ timestamp: 1, message: 'by a rule' }]);
    expect(logs.streams(group).flatMap((stream) => stream.events())).toMatchObject([{ message: 'by a rule' }]);
    expect(() => logs.putLogEvents('/no/such', [])).toThrow('The specified log group does not exist.');
  });

  test('come from and go with CloudFormation', async () => {
    const provider = logsProviders(logs).find(({ type }) => type === 'AWS::Logs::LogGroup')!;
    const properties = { LogGroupName: `/cfn/${count}`, RetentionInDays: 7 };
    const request = {
      ...{
        stackName: 'S',
        stackId: 'id',
        logicalId: 'Group',
        type: provider.type,
        account: DEFAULT_ACCOUNT,
        assemblyFolder: '/',
      },
      properties,
    };
    const { physicalId, attributes } = await provider.create(request);
    expect([physicalId, attributes!['Arn']]).toEqual([properties.LogGroupName, `${logs.groupArn(physicalId)}:*`]);
    expect(logs.group(physicalId).retentionInDays).toBe(7);
    logs.write(physicalId, 's', 'x');
    const before = readdirSync(folder).length;
    await provider.delete({ ...request, physicalId, previousProperties: properties });
    expect(logs.hasGroup(physicalId)).toBe(false);
    expect(readdirSync(folder)).toHaveLength(before - 1);
    expect(statSync(folder).isDirectory()).toBe(true);
  });
});
