import { AttributeType, ProjectionType, type Table } from 'aws-cdk-lib/aws-dynamodb';
import type { CellStack } from './cell-stack.ts';
import { stateTable } from './state-table.ts';

/** Name of the local index that holds a vehicle's undelivered commands (lambdas/shared/command-ledger.ts). */
export const UNDELIVERED_INDEX = 'undelivered';

/**
 * The command ledger: one item a command. The index is local, not global, because its reads can then be consistent: a vehicle that connects
 * just after a command was written must not miss it.
 */
export function commandLedgerTable(scope: CellStack, id: string): Table {
  const table = stateTable(scope, id, {
    name: 'commands',
    partitionKey: 'thing',
    sortKey: 'commandId',
    timeToLiveAttribute: 'expiresAt',
  });
  table.addLocalSecondaryIndex({
    indexName: UNDELIVERED_INDEX,
    sortKey: { name: 'undelivered', type: AttributeType.STRING },
    projectionType: ProjectionType.ALL,
  });
  return table;
}

/** What is known of each device apart from the registry: one item a device. */
export function devicesTable(scope: CellStack, id: string): Table {
  return stateTable(scope, id, { name: 'devices', partitionKey: 'thing' });
}
