import { AwsError } from '../../endpoint/service.ts';
import { database } from './dynalite.ts';
import type { Callback, Data, DynaliteStore, Item, Table } from './dynalite.ts';
import { StagedStore } from './staged-store.ts';

interface IndexDefinition {
  readonly IndexName: string;
  readonly KeySchema: readonly { readonly AttributeName: string }[];
  readonly Projection: Data;
  readonly ProvisionedThroughput?: Data;
}

interface IndexUpdate {
  readonly Create?: IndexDefinition;
  readonly Delete?: { readonly IndexName: string };
  readonly Update?: Data;
}

/** The index changes of an UpdateTable that the library would pass over in silence. */
export function structuralChanges(data: Data): IndexUpdate[] {
  return ((data['GlobalSecondaryIndexUpdates'] as IndexUpdate[] | undefined) ?? []).filter(
    ({ Create, Delete }) => Create ?? Delete,
  );
}

/**
 * Adds or removes a global secondary index. A new index is in the table's definition before it is filled, so that writes
 * which happen meanwhile are in it; filling it holds the lock of each item.
 *
 * @throws AwsError ValidationException, ResourceNotFoundException, LimitExceededException
 */
export async function changeIndexes(
  store: DynaliteStore,
  name: string,
  data: Data,
  scan: (startKey: unknown) => Promise<Data>,
): Promise<void> {
  const changes = structuralChanges(data);
  if (changes.length > 1) {
    throw new AwsError(
      'LimitExceededException',
      'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
    );
  }
  const { Create, Delete } = changes[0]!;
  const table = await promise<Table>((callback) => store.getTable(name, callback));
  if (Delete) return removeIndex(store, table, Delete.IndexName);
  await addIndex(store, table, Create!, data['AttributeDefinitions'] as Data[] | undefined, scan);
}

async function addIndex(
  store: DynaliteStore,
  table: Table,
  index: IndexDefinition,
  definitions: Data[] | undefined,
  scan: (startKey: unknown) => Promise<Data>,
): Promise<void> {
  const existing = (table.GlobalSecondaryIndexes ?? []) as readonly IndexDefinition[];
  if (existing.some(({ IndexName }) => IndexName === index.IndexName))
    throw invalid(`Attempting to create an index which already exists`);
  const attributes = mergeDefinitions((table as unknown as Data)['AttributeDefinitions'] as Data[], definitions ?? []);
  const undefinedKey = index.KeySchema.find(
    ({ AttributeName }) => !attributes.some((attribute) => attribute['AttributeName'] === AttributeName),
  );
  if (undefinedKey) {
    throw invalid(
      `One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [${undefinedKey.AttributeName}]`,
    );
  }
  const described = {
    ...index,
    IndexArn: `${table.TableArn}/index/${index.IndexName}`,
    IndexSizeBytes: 0,
    ItemCount: 0,
    IndexStatus: 'ACTIVE',
    ProvisionedThroughput: {
      ReadCapacityUnits: 0,
      WriteCapacityUnits: 0,
      ...index.ProvisionedThroughput,
      NumberOfDecreasesToday: 0,
    },
  };
  const changed = {
    ...table,
    AttributeDefinitions: attributes,
    GlobalSecondaryIndexes: [...existing, described],
  } as unknown as Table;
  await promise((callback) => store.tableDb.put(table.TableName, changed, callback));
  await fill(store, { ...changed, GlobalSecondaryIndexes: [described], LocalSecondaryIndexes: [] }, scan);
}

async function fill(store: DynaliteStore, table: Table, scan: (startKey: unknown) => Promise<Data>): Promise<void> {
  const items = store.getItemDb(table.TableName);
  let startKey: unknown;
  do {
    const page = await scan(startKey);
    for (const scanned of page['Items'] as Item[]) {
      const key = database().createKey(scanned, table);
      await promise((done) => {
        items.lock(key, (release) => {
          fillItem(store, table, key).then(
            () => release(done)(null),
            (error: unknown) => release(done)(error),
          );
        });
      });
    }
    startKey = page['LastEvaluatedKey'];
  } while (startKey !== undefined);
}

async function fillItem(store: DynaliteStore, table: Table, key: string): Promise<void> {
  const item = await promise<Item | undefined>((callback) => store.getItemDb(table.TableName).get(key, callback));
  if (!item) return;
  const staged = new StagedStore(store);
  await promise((callback) =>
    database().updateIndexes(staged as unknown as DynaliteStore, table, undefined, item, callback),
  );
  if (staged.operations.length > 0) await promise((callback) => store.db.batch(staged.operations, callback));
}

async function removeIndex(store: DynaliteStore, table: Table, indexName: string): Promise<void> {
  const existing = table.GlobalSecondaryIndexes ?? [];
  if (!existing.some(({ IndexName }) => IndexName === indexName)) {
    throw new AwsError('ResourceNotFoundException', `Requested resource not found: Index: ${indexName} not found`);
  }
  const { GlobalSecondaryIndexes: _all, ...rest } = table;
  const kept = existing.filter(({ IndexName }) => IndexName !== indexName);
  await promise((callback) =>
    store.tableDb.put(table.TableName, { ...rest, ...(kept.length > 0 && { GlobalSecondaryIndexes: kept }) }, callback),
  );
  await promise((callback) => store.deleteIndexDb('Global', table.TableName, indexName, callback));
}

function mergeDefinitions(known: readonly Data[], added: readonly Data[]): Data[] {
  return [...new Map([...known, ...added].map((attribute) => [attribute['AttributeName'], attribute])).values()];
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

function promise<T>(start: (callback: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    start((error, result) =>
      error && (error as Error).name !== 'NotFoundError' ? reject(error) : resolve(result as T),
    ),
  );
}
