import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { ReceiveMessageCommandInput } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { sqsService } from '../../../../twin/services/sqs/operations.ts';
import { Sqs } from '../../../../twin/services/sqs/sqs.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const store = openStore(':memory:');
const sqs = new Sqs({ account: DEFAULT_ACCOUNT, clock, store, baseUrl: () => endpoint.url });
let endpoint: Endpoint;
let client: SQSClient;
let queueUrl: string;
let count = 0;

beforeAll(async () => {
  endpoint = await startEndpoint([sqsService(sqs)]);
  client = new SQSClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  sqs.close();
  await endpoint.close();
});

beforeEach(async () => {
  queueUrl = await createQueue();
});

async function createQueue(attributes: Record<string, string> = {}): Promise<string> {
  count += 1;
  const name = `queue-${count}${attributes['FifoQueue'] ? '.fifo' : ''}`;
  return (await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))).QueueUrl!;
}

const send = (body: string, url = queueUrl) =>
  client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
const receive = async (options: Partial<ReceiveMessageCommandInput> = {}) =>
  (await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, ...options })))
    .Messages ?? [];
const bodies = async (options: Partial<ReceiveMessageCommandInput> = {}) =>
  (await receive(options)).map(({ Body: body }) => body);

describe('a message', () => {
  test('arrives with its attributes, whose digests the SDK verifies', async () => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: 'körper',
        MessageAttributes: {
          thing: { DataType: 'String', StringValue: 'VIN1' },
          raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 1, 255]) },
          n: { DataType: 'Number', StringValue: '7' },
        },
      }),
    );
    const [message] = await receive({ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] });
    expect(message!.Body).toBe('körper');
    expect(Buffer.from(message!.MessageAttributes!['raw']!.BinaryValue!)).toEqual(Buffer.from([0, 1, 255]));
    expect(message!.Attributes).toMatchObject({
      ApproximateReceiveCount: '1',
      SenderId: '000000000000',
      SentTimestamp: String(clock.now()),
    });
  });

  test('is hidden while it is in flight, and comes back when its visibility timeout ends', async () => {
    await send('once');
    expect(await bodies()).toEqual(['once']);
    expect(await bodies()).toEqual([]);
    await clock.advance(30_000);
    expect(await bodies()).toEqual(['once']);
  });

  test('is gone once it is deleted, and a second deletion succeeds', async () => {
    await send('done');
    const [message] = await receive();
    const deletion = new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message!.ReceiptHandle });
    await client.send(deletion);
    await client.send(deletion);
    await clock.advance(60_000);
    expect(await bodies()).toEqual([]);
  });

  test('is not deleted by the handle of an earlier receive', async () => {
    await send('again');
    const [first] = await receive();
    await clock.advance(31_000);
    await receive();
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: first!.ReceiptHandle }));
    await clock.advance(31_000);
    expect(await bodies()).toEqual(['again']);
  });

  test('is visible at once when its visibility is set to zero', async () => {
    await send('soon');
    const [message] = await receive();
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: message!.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    expect(await bodies()).toEqual(['soon']);
  });

  test('that is delayed appears after its delay', async () => {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'late', DelaySeconds: 5 }));
    expect(await bodies()).toEqual([]);
    await clock.advance(5_000);
    expect(await bodies()).toEqual(['late']);
  });

  test('is dropped when the retention period has passed', async () => {
    const url = await createQueue({ MessageRetentionPeriod: '60' });
    await send('old', url);
    await clock.advance(61_000);
    expect(await bodies({ QueueUrl: url })).toEqual([]);
  });
});

describe('long polling', () => {
  test('ends as soon as a message is sent', async () => {
    const waiting = bodies({ WaitTimeSeconds: 20 });
    await send('arrived');
    expect(await waiting).toEqual(['arrived']);
  });

  test('ends when a hidden message becomes visible', async () => {
    await send('hidden');
    await receive({ VisibilityTimeout: 3 });
    const waiting = sqs.receiveMessages(queueUrl, { maxMessages: 1, waitTimeSeconds: 20 });
    await clock.advance(3_000);
    expect((await waiting).map(({ body }) => body)).toEqual(['hidden']);
  });

  test('ends empty after its time', async () => {
    const waiting = sqs.receiveMessages(queueUrl, { maxMessages: 1, waitTimeSeconds: 20 });
    await clock.advance(20_000);
    expect(await waiting).toEqual([]);
  });

  test('of a client that has gone takes no message', async () => {
    const gone = new AbortController();
    const waiting = sqs.receiveMessages(queueUrl, { maxMessages: 1, waitTimeSeconds: 20, abandoned: gone.signal });
    gone.abort();
    expect(await waiting).toEqual([]);
    await send('kept');
    expect(await bodies()).toEqual(['kept']);
  });
});

describe('a dead-letter queue', () => {
  test('gets a message after the greatest number of receives, with where it came from', async () => {
    const deadLetters = await createQueue();
    const { Attributes: attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ['QueueArn'] }),
    );
    queueUrl = await createQueue({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: attributes!['QueueArn'], maxReceiveCount: 2 }),
    });
    await send('poison');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(await bodies()).toEqual(['poison']);
      await clock.advance(31_000);
    }
    expect(await bodies()).toEqual([]);
    const [dead] = await receive({ QueueUrl: deadLetters, MessageSystemAttributeNames: ['DeadLetterQueueSourceArn'] });
    expect(dead).toMatchObject({
      Body: 'poison',
      Attributes: { DeadLetterQueueSourceArn: sqs.arnOf(sqs.nameOf(queueUrl)) },
    });
  });
});

describe('a batch', () => {
  test('reports entry by entry', async () => {
    const { Successful: successful, Failed: failed } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: [
          { Id: 'a', MessageBody: 'first' },
          { Id: 'b', MessageBody: 'bad \u0001' },
        ],
      }),
    );
    expect(successful).toHaveLength(1);
    expect(failed).toMatchObject([{ Id: 'b', SenderFault: true, Code: 'InvalidMessageContents' }]);
    const [message] = await receive();
    const deletion = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: [
          { Id: 'x', ReceiptHandle: message!.ReceiptHandle },
          { Id: 'y', ReceiptHandle: 'nonsense' },
        ],
      }),
    );
    expect(deletion.Failed).toMatchObject([{ Id: 'y', Code: 'ReceiptHandleIsInvalid' }]);
  });

  test.each([
    ['no entry', [], 'EmptyBatchRequest'],
    [
      'two entries of one id',
      [
        { Id: 'a', MessageBody: '1' },
        { Id: 'a', MessageBody: '2' },
      ],
      'BatchEntryIdsNotDistinct',
    ],
    [
      'eleven entries',
      Array.from({ length: 11 }, (_, index) => ({ Id: `i${index}`, MessageBody: '1' })),
      'TooManyEntriesInBatchRequest',
    ],
    ['an id with a space', [{ Id: 'a b', MessageBody: '1' }], 'InvalidBatchEntryId'],
  ])('with %s is refused', async (_name, entries, code) => {
    await expect(
      client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries })),
    ).rejects.toMatchObject({ name: code });
  });
});

describe('a FIFO queue', () => {
  const sendTo = (group: string, body: string, id?: string) =>
    client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageGroupId: group,
        MessageDeduplicationId: id,
      }),
    );

  beforeEach(async () => {
    queueUrl = await createQueue({ FifoQueue: 'true', ContentBasedDeduplication: 'true' });
  });

  test('keeps the order of a group, and holds the group back while one of it is in flight', async () => {
    for (const body of ['a1', 'a2', 'a3']) await sendTo('a', body);
    await sendTo('b', 'b1');
    const [first] = await receive({ MaxNumberOfMessages: 1 });
    expect(first!.Body).toBe('a1');
    expect(await bodies()).toEqual(['b1']);
    await client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: first!.ReceiptHandle }));
    expect(await bodies()).toEqual(['a2', 'a3']);
  });

  test('accepts the same message again within five minutes without delivering it twice', async () => {
    const first = await sendTo('a', 'same');
    const second = await sendTo('a', 'same');
    expect(second.MessageId).toBe(first.MessageId);
    expect(await bodies()).toEqual(['same']);
    await clock.advance(5 * 60_000);
    expect((await sendTo('a', 'same')).MessageId).not.toBe(first.MessageId);
  });

  test('refuses a message without a group', async () => {
    await expect(send('lonely')).rejects.toMatchObject({
      message: 'The request must contain the parameter MessageGroupId.',
    });
  });
});

describe('queues', () => {
  test('are listed by prefix in pages, and found by name', async () => {
    for (const name of ['paged-1', 'paged-2', 'paged-3'])
      await client.send(new CreateQueueCommand({ QueueName: name }));
    const first = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'paged-', MaxResults: 2 }));
    const second = await client.send(
      new ListQueuesCommand({ QueueNamePrefix: 'paged-', MaxResults: 2, NextToken: first.NextToken }),
    );
    expect([...first.QueueUrls!, ...second.QueueUrls!].map((url) => url.split('/').pop())).toEqual([
      'paged-1',
      'paged-2',
      'paged-3',
    ]);
    expect(second.NextToken).toBeUndefined();
    expect((await client.send(new GetQueueUrlCommand({ QueueName: 'paged-1' }))).QueueUrl).toBe(
      `${endpoint.url}/000000000000/paged-1`,
    );
  });

  test('count what is visible, in flight and delayed', async () => {
    await send('1');
    await send('2');
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: '3', DelaySeconds: 60 }));
    await receive({ MaxNumberOfMessages: 1 });
    const { Attributes: attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    expect(attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
    });
  });

  test('are emptied by a purge, which may be asked for once a minute', async () => {
    await send('gone');
    await client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
    expect(await bodies()).toEqual([]);
    await expect(client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }))).rejects.toMatchObject({
      name: 'PurgeQueueInProgress',
    });
  });

  test('are unknown after their deletion, by the code that every SDK generation looks for', async () => {
    await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
    await expect(send('lost')).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Code: 'AWS.SimpleQueueService.NonExistentQueue',
    });
  });

  test('answer the query protocol of older clients', async () => {
    const ask = async (parameters: Record<string, string>) => {
      const response = await fetch(queueUrl, {
        method: 'POST',
        headers: {
          authorization:
            'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=00',
        },
        body: new URLSearchParams({ Version: '2012-11-05', ...parameters }),
      });
      return response.text();
    };
    expect(
      await ask({
        Action: 'SendMessage',
        MessageBody: '<form>',
        'MessageAttribute.1.Name': 'k',
        'MessageAttribute.1.Value.DataType': 'String',
        'MessageAttribute.1.Value.StringValue': 'v',
      }),
    ).toContain('<MD5OfMessageBody>');
    const xml = await ask({ Action: 'ReceiveMessage', 'MessageAttributeName.1': 'All', 'AttributeName.1': 'SenderId' });
    expect(xml).toContain('<Body>&lt;form&gt;</Body>');
    expect(xml).toContain('<Attribute><Name>SenderId</Name><Value>000000000000</Value></Attribute>');
    expect(xml).toContain('<MessageAttribute><Name>k</Name>');
    expect(await ask({ Action: 'GetQueueAttributes', QueueUrl: 'nowhere', 'AttributeName.1': 'All' })).toContain(
      '<Code>AWS.SimpleQueueService.NonExistentQueue</Code>',
    );
  });

  test('of another run find their messages again', async () => {
    await send('kept');
    const later = new Sqs({ account: DEFAULT_ACCOUNT, clock, store, baseUrl: () => 'http://127.0.0.1:1' });
    expect((await later.receiveMessages(queueUrl, { maxMessages: 1 })).map(({ body }) => body)).toEqual(['kept']);
  });
});
