import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DynamoCommandLedger, UNDELIVERED_INDEX } from '../../lambdas/shared/command-ledger.ts';
import { honk } from './memory-ledger.ts';

// It comes without types.
const dynalite = createRequire(import.meta.url)('dynalite') as (options: { createTableMs: number }) => Server;

let server: Server;
let dynamo: DynamoDBDocumentClient;
let ledger: DynamoCommandLedger;
let tables = 0;

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  dynamo = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
});

beforeEach(async () => {
  const TableName = `commands-${++tables}`;
  const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType });
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [key('thing', 'HASH'), key('commandId', 'RANGE')],
      LocalSecondaryIndexes: [
        {
          IndexName: UNDELIVERED_INDEX,
          KeySchema: [key('thing', 'HASH'), key('undelivered', 'RANGE')],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      AttributeDefinitions: ['thing', 'commandId', 'undelivered'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
    }),
  );
  ledger = new DynamoCommandLedger(dynamo, TableName);
});

afterAll(async () => {
  dynamo.destroy();
  await new Promise((resolve) => server.close(resolve));
});

describe('the ledger in DynamoDB', () => {
  test('creates a command once: the second creation gets what the first wrote', async () => {
    expect(await ledger.create(honk('c1', 10))).toMatchObject({ existed: false, record: { createdAt: 10 } });
    expect(await ledger.create(honk('c1', 99))).toMatchObject({ existed: true, record: { createdAt: 10 } });
  });

  test('gives back what it was given', async () => {
    const { record } = await ledger.create(honk('c1', 10));
    expect(await ledger.get('V1', 'c1')).toMatchObject(JSON.parse(JSON.stringify(record)) as object);
    expect(await ledger.get('V1', 'c2')).toBeUndefined();
  });

  test('lists what is undelivered by vehicle, in the order of creation', async () => {
    await ledger.create(honk('b', 1_000_000_000_000));
    await ledger.create(honk('z', 999));
    await ledger.create(honk('a', 1_000_000_000_000));
    await ledger.create({ ...honk('other', 1), thing: 'V2' });
    expect((await ledger.undelivered('V1')).map(({ commandId }) => commandId)).toEqual(['z', 'a', 'b']);
  });

  test.each([
    ['SENT stays', [{ type: 'attempt', after: 0 }], 1],
    ['DELIVERED goes', [{ type: 'attempt', after: 0 }, { type: 'confirmed' }], 0],
    ['not connected comes back', [{ type: 'attempt', after: 0 }, { type: 'not-connected' }], 1],
    ['answered goes', [{ type: 'answer', answer: { status: 'ACCEPTED' } }], 0],
    ['cancelled goes', [{ type: 'cancel' }], 0],
  ] as const)('from that list, %s', async (_name, events, left) => {
    await ledger.create(honk('c1'));
    for (const event of events) await ledger.change('V1', 'c1', event, 1_000);
    expect(await ledger.undelivered('V1')).toHaveLength(left);
  });

  test('loses no change when many come at once', async () => {
    await ledger.create(honk('c1'));
    await ledger.change('V1', 'c1', { type: 'answer', answer: { status: 'SUCCEEDED' } }, 1);
    const late = [0, 1, 2, 3, 4].map((n) =>
      ledger.change('V1', 'c1', { type: 'answer', answer: { status: 'FAILED', reason: { code: `r${n}` } } }, 2),
    );
    await Promise.all(late);
    expect((await ledger.get('V1', 'c1'))!.lifecycle.lateAnswerCount).toBe(5);
  });

  test('lets one of many claims prevail', async () => {
    await ledger.create(honk('c1'));
    const claims = await Promise.all(
      [1, 2, 3, 4].map((now) => ledger.change('V1', 'c1', { type: 'attempt', after: 0 }, now)),
    );
    expect(claims.filter((claim) => claim?.changed)).toHaveLength(1);
    expect((await ledger.get('V1', 'c1'))!.lifecycle.attempts).toBe(1);
  });

  test('says that nothing changed when an event means nothing, and knows no command that is not there', async () => {
    await ledger.create(honk('c1'));
    expect(await ledger.change('V1', 'c1', { type: 'confirmed' }, 1)).toMatchObject({ changed: false });
    expect(await ledger.change('V1', 'c9', { type: 'clock' }, 1)).toBeUndefined();
  });

  test('lets commands go 30 days after their deadline', async () => {
    await ledger.create(honk('c1', 1_000));
    const { Items } = await dynamo.send(new ScanCommand({ TableName: `commands-${tables}` }));
    expect(Items![0]!['expiresAt']).toBe(61 + 30 * 86_400);
  });
});
