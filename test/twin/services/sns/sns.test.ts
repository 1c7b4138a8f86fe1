import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import {
  CreateTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import type { PublishCommandInput } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { AwsError } from '../../../../twin/endpoint/service.ts';
import type { InvocationCaller } from '../../../../twin/lambda/invoker.ts';
import { snsService } from '../../../../twin/services/sns/operations.ts';
import { snsProviders } from '../../../../twin/services/sns/providers.ts';
import { Sns } from '../../../../twin/services/sns/sns.ts';
import { Sqs } from '../../../../twin/services/sqs/sqs.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const store = openStore(':memory:');
const invocations: { name: string; event: { Records: Record<string, unknown>[] }; caller?: InvocationCaller }[] = [];
const logged: string[] = [];
const sqs = new Sqs({ account: DEFAULT_ACCOUNT, clock, store, baseUrl: () => 'http://127.0.0.1:4566' });
const sns = new Sns({
  account: DEFAULT_ACCOUNT,
  clock,
  store,
  sqs,
  baseUrl: () => 'http://127.0.0.1:4566',
  invoker: {
    invoke(name, event, caller) {
      if (name.endsWith('forbidden')) throw new AwsError('AccessDeniedException', 'no permission', 403);
      invocations.push({ name, event: event as { Records: Record<string, unknown>[] }, caller });
      return Promise.resolve({ payload: 'null' });
    },
  },
  log: (line) => void logged.push(line),
});
let endpoint: Endpoint;
let client: SNSClient;
let topicArn: string;
let count = 0;

beforeAll(async () => {
  endpoint = await startEndpoint([snsService(sns)]);
  client = new SNSClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  sns.close();
  sqs.close();
  await endpoint.close();
});

beforeEach(async () => {
  count += 1;
  topicArn = (await client.send(new CreateTopicCommand({ Name: `topic-${count}` }))).TopicArn!;
});

/** A queue that lets SNS in, or not. */
function makeQueue(name: string, open = true): string {
  const fifo = name.endsWith('.fifo');
  sqs.createQueue(name, fifo ? { FifoQueue: 'true' } : {});
  const queueArn = sqs.arnOf(name);
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queueArn,
    Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:us-east-1:000000000000:*' } },
  };
  if (open) sqs.setAttributes(name, { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) });
  return queueArn;
}

const subscribe = async (protocol: string, target: string, attributes: Record<string, string> = {}): Promise<string> =>
  (
    await client.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: protocol,
        Endpoint: target,
        Attributes: attributes,
        ReturnSubscriptionArn: true,
      }),
    )
  ).SubscriptionArn!;
const publish = (message: string, rest: Partial<PublishCommandInput> = {}) =>
  client.send(new PublishCommand({ TopicArn: topicArn, Message: message, ...rest }));
const received = (queueArn: string) => sqs.receiveMessages(queueArn, { maxMessages: 10 });

describe('a subscribed queue', () => {
  test('gets the message in an envelope', async () => {
    const queue = makeQueue(`q-${count}`);
    await subscribe('sqs', queue);
    const { MessageId } = await publish('hello', {
      Subject: 'greeting',
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'event' } },
    });
    const [message] = await received(queue);
    expect(JSON.parse(message!.body)).toMatchObject({
      Type: 'Notification',
      MessageId,
      TopicArn: topicArn,
      Subject: 'greeting',
      Message: 'hello',
      MessageAttributes: { kind: { Type: 'String', Value: 'event' } },
    });
  });

  test('gets the bare message and its attributes when delivery is raw', async () => {
    const queue = makeQueue(`q-${count}`);
    await subscribe('sqs', queue, { RawMessageDelivery: 'true' });
    await publish('hello', { MessageAttributes: { n: { DataType: 'Number', StringValue: '7' } } });
    const [message] = await received(queue);
    expect(message).toMatchObject({ body: 'hello', attributes: { n: { type: 'Number', text: '7' } } });
  });

  test('gets nothing without a queue policy, and the log says why', async () => {
    const queue = makeQueue(`q-${count}`, false);
    await subscribe('sqs', queue);
    await publish('hello');
    expect(await received(queue)).toEqual([]);
    expect(logged.at(-1)).toContain("queue's policy does not let sns.amazonaws.com");
  });

  test('gets its own text of a message structured by protocol', async () => {
    const queue = makeQueue(`q-${count}`);
    await subscribe('sqs', queue, { RawMessageDelivery: 'true' });
    await publish(JSON.stringify({ default: 'all', sqs: 'queues' }), { MessageStructure: 'json' });
    expect((await received(queue))[0]!.body).toBe('queues');
  });
});

describe('a filter policy', () => {
  test('selects by attributes', async () => {
    const queue = makeQueue(`q-${count}`);
    await subscribe('sqs', queue, {
      RawMessageDelivery: 'true',
      FilterPolicy: JSON.stringify({ kind: ['alarm', { prefix: 'warn' }], level: [{ numeric: ['>=', 3] }] }),
    });
    const attributes = (kind: string, level: string) => ({
      kind: { DataType: 'String', StringValue: kind },
      level: { DataType: 'Number', StringValue: level },
    });
    await publish('yes', { MessageAttributes: attributes('warning', '3') });
    await publish('too low', { MessageAttributes: attributes('alarm', '2') });
    await publish('no attributes');
    expect((await received(queue)).map(({ body }) => body)).toEqual(['yes']);
  });

  test('selects by the body', async () => {
    const queue = makeQueue(`q-${count}`);
    await subscribe('sqs', queue, {
      RawMessageDelivery: 'true',
      FilterPolicyScope: 'MessageBody',
      FilterPolicy: JSON.stringify({ vehicle: { vin: [{ prefix: 'VIN' }] } }),
    });
    await publish('{"vehicle":{"vin":"VIN1"}}');
    await publish('{"vehicle":{"vin":"X"}}');
    await publish('not json');
    expect((await received(queue)).map(({ body }) => body)).toEqual(['{"vehicle":{"vin":"VIN1"}}']);
  });

  test('takes effect when it is changed, and is refused when it cannot be read', async () => {
    const queue = makeQueue(`q-${count}`);
    const subscription = await subscribe('sqs', queue, { RawMessageDelivery: 'true' });
    const set = (policy: string) =>
      client.send(
        new SetSubscriptionAttributesCommand({
          SubscriptionArn: subscription,
          AttributeName: 'FilterPolicy',
          AttributeValue: policy,
        }),
      );
    await set('{"kind":["alarm"]}');
    await publish('filtered');
    expect(await received(queue)).toEqual([]);
    await expect(set('{"kind":"alarm"}')).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const { Attributes } = await client.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: subscription }));
    expect(Attributes).toMatchObject({ FilterPolicy: '{"kind":["alarm"]}', PendingConfirmation: 'false' });
  });
});

test('a subscribed function gets the event of the SNS service', async () => {
  const subscription = await subscribe('lambda', 'arn:aws:lambda:us-east-1:000000000000:function:f');
  await publish('hello');
  expect(invocations.at(-1)).toMatchObject({
    caller: { service: 'sns.amazonaws.com', sourceArn: topicArn },
    event: {
      Records: [
        { EventSource: 'aws:sns', EventSubscriptionArn: subscription, Sns: { Message: 'hello', Subject: null } },
      ],
    },
  });
});

test('what a subscriber refuses goes to its dead-letter queue', async () => {
  const queue = makeQueue(`dead-${count}`, false);
  await subscribe('lambda', 'arn:aws:lambda:us-east-1:000000000000:function:forbidden', {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queue }),
  });
  await publish('lost?');
  const [message] = await received(queue);
  expect(JSON.parse(message!.body)).toMatchObject({ Message: 'lost?' });
});

describe('an HTTP endpoint', () => {
  test('confirms its subscription with the token it is sent, and then gets messages, again when it fails', async () => {
    const bodies: Record<string, string>[] = [];
    let failing = false;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        bodies.push(JSON.parse(body) as Record<string, string>);
        response.statusCode = failing ? 500 : 200;
        response.end(() => server.emit('answered'));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const next = () => once(server, 'answered');
    try {
      let answered = next();
      await subscribe('http', `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
      await Promise.all([answered, clock.advance(0)]);
      await publish('too early');
      const confirmation = new URL(bodies[0]!['SubscribeURL']!);
      expect((await fetch(`${endpoint.url}/${confirmation.search}`)).status).toBe(200);

      failing = true;
      answered = next();
      await publish('hello');
      await Promise.all([answered, clock.advance(0)]);
      failing = false;
      answered = next();
      // The failure is noted once the answer has come back; then the retry is due in 20 seconds.
      while (bodies.length < 3) await clock.advance(20_000);
      await answered;
      expect(bodies.map(({ Type, Message }) => [Type, Type === 'Notification' ? Message : ''])).toEqual([
        ['SubscriptionConfirmation', ''],
        ['Notification', 'hello'],
        ['Notification', 'hello'],
      ]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('that was away gets its message from the next run', async () => {
    const own = openStore(':memory:');
    const make = () =>
      new Sns({ account: DEFAULT_ACCOUNT, clock, store: own, baseUrl: () => '', log: () => undefined });
    const first = make();
    const arn = first.createTopic('t');
    const types: unknown[] = [];
    const both = Promise.withResolvers<void>();
    const server = createServer((request, response) => {
      types.push(request.headers['x-amz-sns-message-type']);
      if (types.length === 2) both.resolve();
      request.resume().on('end', () => response.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { token } = first.subscribe(arn, 'http', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    first.confirm(arn, token);
    await first.publish(arn, 'kept');
    first.close();

    const second = make();
    second.resume();
    await Promise.all([both.promise, clock.advance(0)]);
    second.close();
    server.closeAllConnections();
    server.close();
    expect(types.sort()).toEqual(['Notification', 'SubscriptionConfirmation']);
  });

  test('on another machine is never called', async () => {
    await subscribe('https', 'https://example.com/hook');
    expect(logged.at(-1)).toContain('sends nothing to other machines');
    const { Subscriptions } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }));
    expect(Subscriptions![0]!.SubscriptionArn).toBe('PendingConfirmation');
  });
});

describe('a FIFO topic', () => {
  test('keeps order and drops what it has seen in the last five minutes', async () => {
    topicArn = (
      await client.send(
        new CreateTopicCommand({
          Name: `t-${count}.fifo`,
          Attributes: { FifoTopic: 'true', ContentBasedDeduplication: 'true' },
        }),
      )
    ).TopicArn!;
    const queue = makeQueue(`q-${count}.fifo`);
    await subscribe('sqs', queue, { RawMessageDelivery: 'true' });
    const first = await publish('1', { MessageGroupId: 'g' });
    const again = await publish('1', { MessageGroupId: 'g' });
    await publish('2', { MessageGroupId: 'g' });
    expect(again.SequenceNumber).toBe(first.SequenceNumber);
    expect((await received(queue)).map(({ body, groupId }) => [body, groupId])).toEqual([
      ['1', 'g'],
      ['2', 'g'],
    ]);
    await expect(publish('3')).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });
});

describe('the API', () => {
  test('refuses to publish to a topic that is not there', async () => {
    await expect(publish('x', { TopicArn: `${topicArn}-no` })).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  test('refuses a message that is too long', async () => {
    await expect(publish('x'.repeat(262_145))).rejects.toMatchObject({
      message: 'Invalid parameter: Message too long',
    });
  });

  test('publishes a batch entry by entry', async () => {
    const queue = makeQueue(`q-${count}`);
    await subscribe('sqs', queue, { RawMessageDelivery: 'true' });
    const { Successful, Failed } = await client.send(
      new PublishBatchCommand({
        TopicArn: topicArn,
        PublishBatchRequestEntries: [
          { Id: 'a', Message: 'one' },
          { Id: 'b', Message: 'two', MessageStructure: 'json' },
        ],
      }),
    );
    expect(Successful!.map(({ Id }) => Id)).toEqual(['a']);
    expect(Failed).toMatchObject([{ Id: 'b', Code: 'InvalidParameter', SenderFault: true }]);
    expect((await received(queue)).map(({ body }) => body)).toEqual(['one']);
  });

  test('lists topics in pages', async () => {
    for (let index = 0; index < 101; index += 1) sns.createTopic(`many-${index}`);
    const first = await client.send(new ListTopicsCommand({}));
    const second = await client.send(new ListTopicsCommand({ NextToken: first.NextToken }));
    expect(first.Topics).toHaveLength(100);
    expect(new Set([...first.Topics!, ...second.Topics!].map(({ TopicArn }) => TopicArn)).size).toBe(
      sns.topics().length,
    );
  });

  test('knows topics and subscriptions again after a restart', async () => {
    await subscribe('sqs', makeQueue(`q-${count}`));
    const restarted = new Sns({ account: DEFAULT_ACCOUNT, clock, store, sqs, baseUrl: () => '', log: () => undefined });
    await restarted.publish(topicArn, 'after');
    expect(JSON.parse((await received(sqs.arnOf(`q-${count}`)))[0]!.body)).toMatchObject({ Message: 'after' });
    restarted.close();
  });
});

test('CloudFormation makes, changes and deletes a topic with its subscription', async () => {
  const providers = new Map(snsProviders(sns).map((provider) => [provider.type, provider]));
  const request = (logicalId: string, type: string, properties: Record<string, unknown>) => ({
    ...{ stackName: 'Stack', stackId: 'id', account: DEFAULT_ACCOUNT, assemblyFolder: '/' },
    ...{ logicalId, type, properties },
  });
  const topicProvider = providers.get('AWS::SNS::Topic')!;
  const subscriptionProvider = providers.get('AWS::SNS::Subscription')!;
  const queue = makeQueue(`cfn-${count}`);
  const topicRequest = request('Topic', 'AWS::SNS::Topic', { DisplayName: 'Alarms' });
  const topic = await topicProvider.create(topicRequest);
  const properties = { TopicArn: topic.physicalId, Protocol: 'sqs', Endpoint: queue, FilterPolicy: { kind: ['x'] } };
  const made = await subscriptionProvider.create(request('Sub', 'AWS::SNS::Subscription', properties));
  const { FilterPolicy: _removed, ...unfiltered } = properties;
  const updated = await subscriptionProvider.update({
    ...request('Sub', 'AWS::SNS::Subscription', unfiltered),
    physicalId: made.physicalId,
    previousProperties: properties,
  });
  expect(updated.physicalId).toBe(made.physicalId);
  await sns.publish(topic.physicalId, 'all of it');
  expect(await received(queue)).toHaveLength(1);

  const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn: topic.physicalId }));
  expect(Attributes).toMatchObject({ DisplayName: 'Alarms', SubscriptionsConfirmed: '1' });
  await topicProvider.delete({
    ...topicRequest,
    physicalId: topic.physicalId,
    previousProperties: topicRequest.properties,
  });
  expect(sns.subscriptions(topic.physicalId)).toEqual([]);
});
