import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { DynamoDb } from '../../../../twin/services/dynamodb/dynamodb.ts';
import { dynamoDbService } from '../../../../twin/services/dynamodb/operations.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const dynamoDb = new DynamoDb({ account: DEFAULT_ACCOUNT, clock, store: openStore(':memory:') });
let endpoint: Endpoint;
let client: DynamoDBClient;

beforeAll(async () => {
  endpoint = await startEndpoint([dynamoDbService(dynamoDb)]);
  client = new DynamoDBClient(clientConfiguration(endpoint));
  await createTable('commands');
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
  await dynamoDb.close();
});

async function createTable(name: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'thing', AttributeType: 'S' },
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'state', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'thing', KeyType: 'HASH' },
        { AttributeName: 'id', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-state',
          KeySchema: [{ AttributeName: 'state', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
}

const key = (thing: string, id = '1') => ({ thing: { S: thing }, id: { S: id } });
const put = (item: Record<string, unknown>) => new PutItemCommand({ TableName: 'commands', Item: item as never });

describe('items', () => {
  test('come back as they were put, bytes and all', async () => {
    const item = {
      ...key('round-trip'),
      data: { B: Buffer.from([0, 255, 7]) },
      tags: { SS: ['a', 'b'] },
      deep: { M: { n: { N: '1.5' }, l: { L: [{ NULL: true }] } } },
    };
    await client.send(put(item));
    const { Item: found } = await client.send(new GetItemCommand({ TableName: 'commands', Key: key('round-trip') }));
    expect(Buffer.from(found!['data']!.B!)).toEqual(Buffer.from([0, 255, 7]));
    expect(found!['deep']).toEqual(item.deep);
  });

  test('are found by the index of their state, and leave it with their state', async () => {
    const byState = (state: string) =>
      client.send(
        new QueryCommand({
          TableName: 'commands',
          IndexName: 'by-state',
          KeyConditionExpression: '#s = :s',
          ExpressionAttributeNames: { '#s': 'state' },
          ExpressionAttributeValues: { ':s': { S: state } },
        }),
      );
    await client.send(put({ ...key('indexed'), state: { S: 'QUEUED' } }));
    expect((await byState('QUEUED')).Items).toHaveLength(1);
    await client.send(
      new UpdateItemCommand({
        TableName: 'commands',
        Key: key('indexed'),
        UpdateExpression: 'SET #s = :s',
        ExpressionAttributeNames: { '#s': 'state' },
        ExpressionAttributeValues: { ':s': { S: 'SENT' } },
      }),
    );
    expect((await byState('QUEUED')).Items).toEqual([]);
    expect((await byState('SENT')).Items).toHaveLength(1);
  });

  test('fail a condition with the item that stands there, when asked for it', async () => {
    await client.send(put({ ...key('taken'), owner: { S: 'first' } }));
    const again = client.send(
      new PutItemCommand({
        TableName: 'commands',
        Item: key('taken'),
        ConditionExpression: 'attribute_not_exists(thing)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    await expect(again).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: { owner: { S: 'first' } },
    });
  });

  test('increments from many clients at once are all counted', async () => {
    const increment = () =>
      client.send(
        new UpdateItemCommand({
          TableName: 'commands',
          Key: key('counter'),
          UpdateExpression: 'ADD hits :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }),
      );
    await Promise.all(Array.from({ length: 50 }, increment));
    const { Item: item } = await client.send(new GetItemCommand({ TableName: 'commands', Key: key('counter') }));
    expect(item!['hits']).toEqual({ N: '50' });
  });

  test('of a batch are written together; the same key twice is refused', async () => {
    const request = (id: string) => ({ PutRequest: { Item: key('batch', id) } });
    await client.send(new BatchWriteItemCommand({ RequestItems: { commands: [request('1'), request('2')] } }));
    const duplicate = client.send(
      new BatchWriteItemCommand({ RequestItems: { commands: [request('1'), request('1')] } }),
    );
    await expect(duplicate).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Provided list of item keys contains duplicates',
    });
  });

  test.each([
    ['an unknown table', 'nowhere', { id: { S: '1' } }, 'ResourceNotFoundException'],
    ['a key without its range part', 'commands', { thing: { S: 'x' } }, 'ValidationException'],
    ['a key of another type', 'commands', { thing: { N: '1' }, id: { S: '1' } }, 'ValidationException'],
  ])('are refused for %s', async (_name, table, wrongKey, code) => {
    await expect(client.send(new GetItemCommand({ TableName: table, Key: wrongKey as never }))).rejects.toMatchObject({
      name: code,
    });
  });
});

describe('transactions', () => {
  const item = (thing: string) => ({ Put: { TableName: 'commands', Item: key(thing) } });
  const onlyIfNew = (thing: string) => ({
    Put: { ...item(thing).Put, ConditionExpression: 'attribute_not_exists(thing)' },
  });

  test('write all of their items', async () => {
    await client.send(new TransactWriteItemsCommand({ TransactItems: [item('both-1'), item('both-2')] }));
    const { Responses: responses } = await client.send(
      new TransactGetItemsCommand({
        TransactItems: ['both-1', 'both-2', 'both-3'].map((thing) => ({
          Get: { TableName: 'commands', Key: key(thing) },
        })),
      }),
    );
    expect(responses!.map((response) => response.Item?.['thing']?.S)).toEqual(['both-1', 'both-2', undefined]);
  });

  test('write nothing when one condition fails, and say which', async () => {
    await client.send(put(key('exists')));
    const transaction = client.send(
      new TransactWriteItemsCommand({ TransactItems: [item('never-written'), onlyIfNew('exists')] }),
    );
    await expect(transaction).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]',
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      ],
    });
    const { Item: absent } = await client.send(
      new GetItemCommand({ TableName: 'commands', Key: key('never-written') }),
    );
    expect(absent).toBeUndefined();
  });

  test('check an item without writing it', async () => {
    await client.send(put({ ...key('guard'), open: { BOOL: false } }));
    const check = {
      ConditionCheck: {
        TableName: 'commands',
        Key: key('guard'),
        ConditionExpression: '#o = :t',
        ExpressionAttributeNames: { '#o': 'open' },
        ExpressionAttributeValues: { ':t': { BOOL: true } },
      },
    };
    await expect(
      client.send(new TransactWriteItemsCommand({ TransactItems: [check, item('guarded')] })),
    ).rejects.toMatchObject({ name: 'TransactionCanceledException' });
  });

  test('of which two want the same new item let exactly one win', async () => {
    const attempts = Array.from({ length: 10 }, (_, attempt) =>
      client.send(
        new TransactWriteItemsCommand({ TransactItems: [onlyIfNew('contested'), onlyIfNew(`side-${attempt}`)] }),
      ),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('with two actions on one item are refused', async () => {
    const transaction = client.send(new TransactWriteItemsCommand({ TransactItems: [item('twice'), item('twice')] }));
    await expect(transaction).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Transaction request cannot include multiple operations on one item',
    });
  });

  test('sent twice with one token happen once, and another request with it is refused', async () => {
    const increment = {
      Update: {
        TableName: 'commands',
        Key: key('token'),
        UpdateExpression: 'ADD hits :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      },
    };
    const request = { TransactItems: [increment], ClientRequestToken: 'token-1' };
    await client.send(new TransactWriteItemsCommand(request));
    await client.send(new TransactWriteItemsCommand(request));
    const { Item: found } = await client.send(new GetItemCommand({ TableName: 'commands', Key: key('token') }));
    expect(found!['hits']).toEqual({ N: '1' });
    const other = client.send(
      new TransactWriteItemsCommand({ TransactItems: [item('other')], ClientRequestToken: 'token-1' }),
    );
    await expect(other).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' });
  });
});

describe('tables', () => {
  test('describe their index, billing and backups', async () => {
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName: 'commands' }));
    expect(table).toMatchObject({
      TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/commands',
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      GlobalSecondaryIndexes: [{ IndexName: 'by-state', IndexStatus: 'ACTIVE' }],
    });
    await client.send(
      new UpdateContinuousBackupsCommand({
        TableName: 'commands',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
    const { ContinuousBackupsDescription: backups } = await client.send(
      new DescribeContinuousBackupsCommand({ TableName: 'commands' }),
    );
    expect(backups!.PointInTimeRecoveryDescription!.PointInTimeRecoveryStatus).toBe('ENABLED');
  });

  test('fill an index that is added later, and forget one that is removed', async () => {
    await createTable('reindexed');
    const attribute = { AttributeName: 'owner', AttributeType: 'S' as const };
    const index = {
      IndexName: 'by-owner',
      KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' as const }],
      Projection: { ProjectionType: 'ALL' as const },
    };
    const update = (change: object) =>
      client.send(
        new UpdateTableCommand({
          TableName: 'reindexed',
          AttributeDefinitions: [attribute],
          GlobalSecondaryIndexUpdates: [change],
        }),
      );
    const query = () =>
      client.send(
        new QueryCommand({
          TableName: 'reindexed',
          IndexName: 'by-owner',
          KeyConditionExpression: '#o = :o',
          ExpressionAttributeNames: { '#o': 'owner' },
          ExpressionAttributeValues: { ':o': { S: 'a' } },
        }),
      );
    const putOwned = (thing: string) =>
      client.send(new PutItemCommand({ TableName: 'reindexed', Item: { ...key(thing), owner: { S: 'a' } } }));
    await putOwned('before');
    await update({ Create: index });
    await putOwned('after');
    expect((await query()).Items!.map((item) => item['thing']!.S).sort()).toEqual(['after', 'before']);
    await update({ Delete: { IndexName: 'by-owner' } });
    await expect(query()).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The table does not have the specified index: by-owner',
    });
    await expect(update({ Delete: { IndexName: 'by-owner' } })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('drop an item once its time to live has passed, and no other', async () => {
    await createTable('expiring');
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: 'expiring',
        TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' },
      }),
    );
    const inSeconds = (seconds: number) => ({ N: String(Math.floor(clock.now() / 1000) + seconds) });
    const putExpiring = (thing: string, ttl: unknown) =>
      client.send(new PutItemCommand({ TableName: 'expiring', Item: { ...key(thing), ttl: ttl as never } }));
    await putExpiring('soon', inSeconds(60));
    await putExpiring('later', inSeconds(600));
    await putExpiring('never', { S: 'text' });
    const things = async () => {
      const { Items: items } = await client.send(new ScanCommand({ TableName: 'expiring' }));
      return items!.map((item) => item['thing']!.S).sort();
    };
    await clock.advance(59_000);
    expect(await things()).toEqual(['later', 'never', 'soon']);
    await clock.advance(2_000);
    expect(await settled(things, ['later', 'never'])).toEqual(['later', 'never']);
    await clock.advance(600_000);
    expect(await settled(things, ['never'])).toEqual(['never']);
  });
});

/** The sweep runs beside the clock: ask until it has happened. */
async function settled<T>(ask: () => Promise<T>, expected: T): Promise<T> {
  let answer = await ask();
  for (let attempt = 0; attempt < 100 && JSON.stringify(answer) !== JSON.stringify(expected); attempt += 1)
    answer = await ask();
  return answer;
}
