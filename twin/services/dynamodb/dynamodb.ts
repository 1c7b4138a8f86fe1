import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Store } from '../../state/store.ts';
import type { Data } from './dynalite.ts';
import { DynamoDbEngine } from './engine.ts';
import { ItemExpiry } from './expiry.ts';
import { TableSettingsStore } from './table-settings.ts';
import { Transactions } from './transactions.ts';

export interface DynamoDbOptions {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  /** Folder of the tables' items; in memory when absent. */
  readonly folder?: string;
}

/** DynamoDB as the twin runs it: tables, items, transactions, time to live. Requests and answers are JSON as on the wire. */
export class DynamoDb {
  readonly settings: TableSettingsStore;
  readonly #engine: DynamoDbEngine;
  readonly #transactions: Transactions;
  readonly #expiry: ItemExpiry;

  constructor({ account, clock, store, folder }: DynamoDbOptions) {
    this.settings = new TableSettingsStore(store, clock);
    this.#engine = new DynamoDbEngine({ account, folder, onPut: (table, item) => this.#expiry.itemPut(table, item) });
    this.#transactions = new Transactions(this.#engine, clock);
    this.#expiry = new ItemExpiry(clock, this.#engine, this.settings);
  }

  /**
   * Runs an operation of the DynamoDB API, e.g. `request('PutItem', { TableName: …, Item: { id: { S: '1' } } })`.
   *
   * @throws AwsError with DynamoDB's codes and texts; NotImplemented for an operation that the twin does not execute
   */
  async request(operation: string, input: Data): Promise<Data> {
    const data = withTableNames(input) as Data;
    const table = String(data['TableName'] ?? '');
    switch (operation) {
      case 'CreateTable':
        return this.#createTable(data, table);
      case 'UpdateTable':
        return this.#updateTable(data, table);
      case 'DeleteTable':
        return this.#deleteTable(data, table);
      case 'DescribeTable':
        return { Table: this.settings.describe((await this.#engine.execute(operation, data))['Table'] as Data) };
      case 'UpdateTimeToLive':
        await this.#engine.table(table);
        return this.#updateTimeToLive(table, data['TimeToLiveSpecification'] as Data);
      case 'DescribeTimeToLive':
        await this.#engine.table(table);
        return this.settings.describeTimeToLive(table);
      case 'UpdateContinuousBackups':
        await this.#existingForBackups(table);
        return this.settings.updateContinuousBackups(table, data['PointInTimeRecoverySpecification'] as Data);
      case 'DescribeContinuousBackups':
        await this.#existingForBackups(table);
        return this.settings.describeContinuousBackups(table);
      case 'TransactWriteItems':
        return this.#transactions.write(data);
      case 'TransactGetItems':
        return this.#transactions.get(data);
      default:
        return this.#engine.execute(operation, data);
    }
  }

  async close(): Promise<void> {
    this.#expiry.close();
    await this.#engine.close();
  }

  async #createTable(data: Data, table: string): Promise<Data> {
    const { TableDescription: description } = await this.#engine.execute('CreateTable', data);
    this.settings.delete(table);
    this.settings.apply(table, data);
    const tags = data['Tags'] as unknown[] | undefined;
    if (tags && tags.length > 0) {
      await this.#engine.execute('TagResource', { ResourceArn: (description as Data)['TableArn'], Tags: tags });
    }
    return { TableDescription: this.settings.describe(description as Data) };
  }

  async #updateTable(data: Data, table: string): Promise<Data> {
    const ofEngine = ['ProvisionedThroughput', 'BillingMode', 'GlobalSecondaryIndexUpdates'].some(
      (member) => data[member] !== undefined,
    );
    const description = ofEngine
      ? (await this.#engine.execute('UpdateTable', data))['TableDescription']
      : await this.#engine.table(table);
    this.settings.apply(table, data);
    return { TableDescription: this.settings.describe(description as Data) };
  }

  async #deleteTable(data: Data, table: string): Promise<Data> {
    if (this.settings.get(table).deletionProtection === true) {
      throw new AwsError(
        'ValidationException',
        `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`,
      );
    }
    const { TableDescription: description } = await this.#engine.execute('DeleteTable', data);
    const answer = { TableDescription: this.settings.describe(description as Data) };
    this.settings.delete(table);
    this.#expiry.settingsChanged(table);
    return answer;
  }

  #updateTimeToLive(table: string, specification: Data): Data {
    const answer = this.settings.updateTimeToLive(table, specification);
    this.#expiry.settingsChanged(table);
    return answer;
  }

  async #existingForBackups(table: string): Promise<void> {
    try {
      await this.#engine.table(table);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new AwsError('TableNotFoundException', `Table not found: ${table}`);
    }
  }
}

// Since 2024 every place of a table's name also takes its ARN; the library knows names only.
function withTableNames(value: unknown, depth = 0): unknown {
  if (depth > 3 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => withTableNames(element, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name === 'TableName' && typeof member === 'string') return [name, tableNameOf(member)];
      if (name === 'RequestItems' && typeof member === 'object' && member !== null) {
        return [
          name,
          Object.fromEntries(
            Object.entries(member).map(([table, requests]) => [tableNameOf(table), requests as unknown]),
          ),
        ];
      }
      return [name, name === 'TransactItems' || depth > 0 ? withTableNames(member, depth + 1) : member];
    }),
  );
}

/** The name in a table's ARN; a plain name is returned as it is. */
export function tableNameOf(nameOrArn: string): string {
  return /^arn:[^:]*:dynamodb:[^:]*:[^:]*:table\/([^/]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;
}
