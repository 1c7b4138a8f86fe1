import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { DynamoDbEngine } from '../../../../twin/services/dynamodb/engine.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dynamodb-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes numbered items as fast as it can, and says each number once it was acknowledged. */
const WRITER = `
  const { DynamoDbEngine } = await import(process.argv[1]);
  const engine = new DynamoDbEngine({ folder: process.argv[2], account: { partition: 'aws', accountId: '000000000000', region: 'us-east-1' } });
  await engine.execute('CreateTable', {
    TableName: 'numbers', BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }, { AttributeName: 'all', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [{ IndexName: 'all', KeySchema: [{ AttributeName: 'all', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } }],
  });
  for (let number = 0; ; number += 1) {
    await engine.execute('PutItem', { TableName: 'numbers', Item: { id: { S: String(number) }, all: { S: 'x' } } }).catch((error) => { if (error.code !== 'ResourceNotFoundException') throw error; number -= 1; });
    process.stdout.write(number + '\\n');
  }`;

test('a killed process has lost no acknowledged item, and the index has what the table has', async () => {
  const engineModule = new URL('../../../../twin/services/dynamodb/engine.ts', import.meta.url).href;
  const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, engineModule, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(writer, 'exit');
  let acknowledged = -1;
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 200) writer.kill('SIGKILL');
  }
  await exited;
  expect(acknowledged).toBeGreaterThanOrEqual(200);

  const engine = new DynamoDbEngine({ folder, account: DEFAULT_ACCOUNT });
  const table = await engine.execute('Scan', { TableName: 'numbers' });
  const index = await engine.execute('Scan', { TableName: 'numbers', IndexName: 'all' });
  const numbers = new Set((table['Items'] as { id: { S: string } }[]).map(({ id }) => Number(id.S)));
  for (let number = 0; number <= acknowledged; number += 1) expect(numbers.has(number)).toBe(true);
  expect(index['Count']).toBe(table['Count']);
  await engine.close();
});
