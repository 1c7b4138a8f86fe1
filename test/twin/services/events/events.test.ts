import {
  CreateEventBusCommand,
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import type { PutEventsRequestEntry, Target } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { deliverTo } from '../../../../twin/services/delivery.ts';
import { EventBuses } from '../../../../twin/services/events/event-bus.ts';
import { eventsService } from '../../../../twin/services/events/operations.ts';
import { schedulerProviders } from '../../../../twin/services/scheduler/providers.ts';
import { Schedules } from '../../../../twin/services/scheduler/schedules.ts';
import { Sns } from '../../../../twin/services/sns/sns.ts';
import { Sqs } from '../../../../twin/services/sqs/sqs.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const store = openStore(':memory:');
const baseUrl = () => 'http://127.0.0.1:4566';
const log = (line: string) => void logged.push(line);
const logged: string[] = [];
const records: [string, string[]][] = [];
const invoked: { name: string; event: unknown; sourceArn: string | undefined }[] = [];
const sqs = new Sqs({ account: DEFAULT_ACCOUNT, clock, store, baseUrl });
const sns = new Sns({ account: DEFAULT_ACCOUNT, clock, store, baseUrl, sqs, log });
const deliver = deliverTo({
  invoker: {
    invoke(name, event, caller) {
      invoked.push({ name, event, sourceArn: caller?.sourceArn });
      return Promise.resolve({ payload: 'null' });
    },
  },
  sqs,
  sns,
  logs: { putLogEvents: (group, events) => void records.push([group, events.map(({ message }) => message)]) },
  firehose: { putRecord: (stream, data) => void records.push([stream, [data.toString('utf8')]]) },
});
const schedules = new Schedules({
  account: DEFAULT_ACCOUNT,
  clock,
  store,
  deliver: (target, event, { arn, service }) => deliver(target.arn, event, { service, sourceArn: arn }),
  log,
});
const options = { account: DEFAULT_ACCOUNT, clock, store, deliver, schedules, deadLetters: sqs, log };
const buses = new EventBuses(options);
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:f';
let endpoint: Endpoint;
let client: EventBridgeClient;
let count = 0;
let source: string;

beforeAll(async () => {
  endpoint = await startEndpoint([eventsService(buses)]);
  client = new EventBridgeClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  schedules.close();
  sns.close();
  sqs.close();
  await endpoint.close();
});

beforeEach(() => {
  count += 1;
  source = `app.${count}`;
  invoked.length = 0;
});

async function putRule(targets: Partial<Target>[], pattern: unknown = { source: [source] }): Promise<string> {
  const Name = `rule-${count}`;
  await client.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify(pattern) }));
  await client.send(
    new PutTargetsCommand({
      Rule: Name,
      Targets: targets.map((target, index) => ({ Id: `t${index}`, Arn: FUNCTION, ...target })),
    }),
  );
  return Name;
}
const putEvent = (entry: Partial<PutEventsRequestEntry> = {}) =>
  client.send(
    new PutEventsCommand({
      Entries: [{ Source: source, DetailType: 'Door opened', Detail: '{"vin":"V1","speed":3}', ...entry }],
    }),
  );
const received = async (queue: string) =>
  (await sqs.receiveMessages(queue, { maxMessages: 10 })).map(({ body }) => JSON.parse(body) as unknown);

describe('an event', () => {
  test('reaches the function of a rule that it fits, in the form of the service', async () => {
    await putRule([{}]);
    const { Entries } = await putEvent({ Resources: ['arn:x'] });
    expect(invoked).toEqual([
      {
        name: FUNCTION,
        sourceArn: `arn:aws:events:us-east-1:000000000000:rule/rule-${count}`,
        event: {
          ...{ version: '0', id: Entries![0]!.EventId, 'detail-type': 'Door opened', source, account: '000000000000' },
          ...{
            time: '2026-01-01T00:00:00Z',
            region: 'us-east-1',
            resources: ['arn:x'],
            detail: { vin: 'V1', speed: 3 },
          },
        },
      },
    ]);
  });

  test('does not reach a rule that it does not fit, or that is disabled', async () => {
    const name = await putRule([{}], { source: [source], detail: { vin: ['V2'] } });
    await putEvent();
    await putEvent({ Detail: '{"vin":"V2"}' });
    await client.send(new DisableRuleCommand({ Name: name }));
    await putEvent({ Detail: '{"vin":"V2"}' });
    expect(invoked).toHaveLength(1);
  });

  test.each<[string, Partial<Target>, unknown]>([
    ['a constant', { Input: '{"a":1}' }, { a: 1 }],
    ['a part', { InputPath: '$.detail.vin' }, 'V1'],
    [
      'JSON made of parts',
      {
        InputTransformer: {
          InputPathsMap: { vin: '$.detail.vin', n: '$.detail.speed' },
          InputTemplate: '{"id": <vin>, "n": <n>, "say": "is \\"<vin>\\""}',
        },
      },
      { id: 'V1', n: 3, say: 'is "V1"' },
    ],
    [
      'text made of parts',
      {
        InputTransformer: {
          InputPathsMap: { vin: '$.detail.vin' },
          InputTemplate: '"<vin> by <aws.events.rule-name>"',
        },
      },
      /^V1 by rule-\d+$/,
    ],
  ])('becomes %s when its target says so', async (_name, target, expected) => {
    await putRule([target]);
    await putEvent();
    expect(invoked[0]!.event).toEqual(expected instanceof RegExp ? expect.stringMatching(expected) : expected);
  });

  test('reaches a queue that lets EventBridge in, and the dead-letter queue of one that does not', async () => {
    for (const name of ['open', 'shut', 'dead']) sqs.createQueue(`${name}-${count}`);
    const [open, shut, dead] = ['open', 'shut', 'dead'].map((name) => sqs.arnOf(`${name}-${count}`)) as [
      string,
      string,
      string,
    ];
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:*',
      Resource: open,
    };
    sqs.setAttributes(open, { Policy: JSON.stringify({ Statement: statement }) });
    await putRule([{ Arn: open }, { Arn: shut, DeadLetterConfig: { Arn: dead } }]);
    await putEvent();
    expect(await received(open)).toMatchObject([{ source }]);
    expect(await received(shut)).toEqual([]);
    expect(await received(dead)).toMatchObject([{ source }]);
    expect(logged.at(-1)).toContain('does not let events.amazonaws.com call sqs:SendMessage');
  });

  test('reaches the subscribers of a topic that lets EventBridge in', async () => {
    const topic = sns.createTopic(`topic-${count}`);
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: topic,
    };
    sns.setTopicAttributes(topic, { Policy: JSON.stringify({ Statement: [statement] }) });
    sqs.createQueue(`q-${count}`);
    const queue = sqs.arnOf(`q-${count}`);
    sqs.setAttributes(queue, {
      Policy: JSON.stringify({
        Statement: { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: queue },
      }),
    });
    sns.subscribe(topic, 'sqs', queue, { RawMessageDelivery: 'true' });
    await putRule([{ Arn: topic }]);
    await putEvent();
    expect(await received(queue)).toMatchObject([{ source }]);
  });

  test('reaches log groups and delivery streams', async () => {
    await putRule([
      { Arn: 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/all', InputPath: '$.detail' },
      { Arn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/lake', InputPath: '$.detail' },
    ]);
    await putEvent();
    const detail = ['{"vin":"V1","speed":3}'];
    expect(records.sort()).toEqual([
      ['/aws/events/all', detail],
      ['lake', detail],
    ]);
  });

  test('reaches another bus through a rule', async () => {
    const name = `other-${count}`;
    const { EventBusArn } = await client.send(new CreateEventBusCommand({ Name: name }));
    await putRule([{ Arn: EventBusArn }]);
    buses.putRule({ name: 'there', bus: name, eventPattern: JSON.stringify({ source: [source] }), enabled: true });
    buses.setTargets(name, 'there', [{ id: 'f', arn: FUNCTION }]);
    await putEvent();
    expect(invoked[0]!.sourceArn).toMatch(new RegExp(`:rule/${name}/there$`));
  });

  test('still finds its rule after a restart', async () => {
    await putRule([{}]);
    await new EventBuses(options).emit({ source, detailType: 'x', detail: {} });
    expect(invoked).toHaveLength(1);
  });
});

describe('PutEvents refuses', () => {
  test.each<[string, Partial<PutEventsRequestEntry>, string]>([
    ['an event without source', { Source: undefined }, 'InvalidArgument'],
    ["a source of AWS's own", { Source: 'aws.s3' }, 'NotAuthorizedForSourceException'],
    ['a detail that is no JSON', { Detail: '{' }, 'MalformedDetail'],
    ['a detail that is no object', { Detail: '[1]' }, 'MalformedDetail'],
    ['a bus that is not there', { EventBusName: 'nowhere' }, 'ResourceNotFoundException'],
  ])('%s, and no other entry', async (_name, entry, code) => {
    const good = { Source: source, DetailType: 'x', Detail: '{}' };
    const { Entries, FailedEntryCount } = await client.send(
      new PutEventsCommand({ Entries: [{ ...good, ...entry }, good] }),
    );
    expect([FailedEntryCount, Entries![0]!.ErrorCode, Entries![1]!.ErrorCode]).toEqual([1, code, undefined]);
  });
});

describe('rules', () => {
  test('are listed, described, and deleted once they have no targets', async () => {
    const Name = await putRule([{}]);
    expect(await client.send(new DescribeRuleCommand({ Name }))).toMatchObject({
      State: 'ENABLED',
      EventBusName: 'default',
    });
    const { Rules } = await client.send(new ListRulesCommand({ NamePrefix: Name }));
    expect(Rules).toHaveLength(1);
    await expect(client.send(new DeleteRuleCommand({ Name }))).rejects.toMatchObject({ name: 'ValidationException' });
    buses.setTargets('default', Name, []);
    await client.send(new DeleteRuleCommand({ Name }));
    await expect(client.send(new DescribeRuleCommand({ Name }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('with a pattern that cannot be read are refused', async () => {
    await expect(putRule([], { source: 'x' })).rejects.toMatchObject({
      name: 'InvalidEventPatternException',
      message: 'Event pattern is not valid. Reason: "source" must be an object or an array',
    });
  });

  test('with a schedule fire by the clock', async () => {
    await client.send(new PutRuleCommand({ Name: `timer-${count}`, ScheduleExpression: 'rate(5 minutes)' }));
    buses.setTargets('default', `timer-${count}`, [{ id: 'f', arn: FUNCTION }]);
    await clock.advance(5 * 60_000);
    expect(invoked).toMatchObject([{ event: { 'detail-type': 'Scheduled Event' } }]);
    buses.deleteRule('default', `timer-${count}`);
    await clock.advance(5 * 60_000);
    expect(invoked).toHaveLength(1);
  });

  test('can be tried out', async () => {
    const { Result } = await client.send(
      new TestEventPatternCommand({ EventPattern: '{"source":["a"]}', Event: '{"source":"a"}' }),
    );
    expect(Result).toBe(true);
  });

  test('come from CloudFormation with a pattern, change to a schedule, and go', async () => {
    const provider = schedulerProviders(schedules, buses).find(({ type }) => type === 'AWS::Events::Rule')!;
    const request = {
      ...{
        stackName: 'S',
        stackId: 'id',
        logicalId: 'Rule',
        type: provider.type,
        account: DEFAULT_ACCOUNT,
        assemblyFolder: '/',
      },
      properties: { EventPattern: { source: [source] }, Targets: [{ Id: 'f', Arn: FUNCTION }] } as Record<
        string,
        unknown
      >,
    };
    const { physicalId, attributes } = await provider.create(request);
    await putEvent();
    expect(invoked).toMatchObject([{ sourceArn: attributes!['Arn'] }]);

    const scheduled = { ScheduleExpression: 'rate(1 hour)', Targets: request.properties['Targets'] };
    const existing = { ...request, properties: scheduled, physicalId, previousProperties: request.properties };
    await provider.update(existing);
    await putEvent();
    expect(invoked).toHaveLength(1);
    await clock.advance(3_600_000);
    expect(invoked).toHaveLength(2);

    await provider.delete({ ...existing, previousProperties: scheduled });
    await clock.advance(3_600_000);
    expect(invoked).toHaveLength(2);
  });
});
