import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { CellStack } from './cell-stack.ts';

export interface StateTableProps {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
  readonly timeToLiveAttribute?: string;
}

/** A table that can be put back to any second, and that is guarded where the environment keeps its state. Keys are text. */
export function stateTable(scope: CellStack, id: string, props: StateTableProps): Table {
  const { name, partitionKey, sortKey, timeToLiveAttribute } = props;
  return new Table(scope, id, {
    tableName: scope.physicalName(name),
    partitionKey: { name: partitionKey, type: AttributeType.STRING },
    ...(sortKey && { sortKey: { name: sortKey, type: AttributeType.STRING } }),
    ...(timeToLiveAttribute && { timeToLiveAttribute }),
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: scope.context.environment.keepState,
    removalPolicy: scope.removalPolicy,
  });
}
