import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { CellStack } from './cell-stack.ts';

/** Name of the local index that holds a vehicle's undelivered commands (lambdas/shared/command-ledger.ts). */
export const UNDELIVERED_INDEX = 'undelivered';

/**
 * The command ledger: one item a command. The index is local, not global, because its reads can then be consistent: a vehicle that connects
 * just after a command was written must not miss it.
 */
export function commandLedgerTable(scope: CellStack, id: string): Table {
  const table = stateTable(scope, id, 'commands', { name: 'commandId', type: AttributeType.STRING }, 'expiresAt');
  table.addLocalSecondaryIndex({
    indexName: UNDELIVERED_INDEX,
    sortKey: { name: 'undelivered', type: AttributeType.STRING },
    projectionType: ProjectionType.ALL,
  });
  return table;
}

/** What is known of each device apart from the registry: one item a device. */
export function devicesTable(scope: CellStack, id: string): Table {
  return stateTable(scope, id, 'devices');
}

function stateTable(
  scope: CellStack,
  id: string,
  name: string,
  sortKey?: { name: string; type: AttributeType },
  timeToLiveAttribute?: string,
): Table {
  return new Table(scope, id, {
    tableName: scope.physicalName(name),
    partitionKey: { name: 'thing', type: AttributeType.STRING },
    ...(sortKey && { sortKey }),
    ...(timeToLiveAttribute && { timeToLiveAttribute }),
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: scope.context.environment.keepState,
    removalPolicy: scope.removalPolicy,
  });
}
