import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { AwsService, OperationContext, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { tableNameOf } from './dynamodb.ts';
import type { DynamoDb } from './dynamodb.ts';
import { transactionWrites } from './transactions.ts';

const OF_ONE_TABLE = [
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeContinuousBackups',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'PutItem',
  'UpdateContinuousBackups',
  'UpdateItem',
  'UpdateTable',
  'UpdateTimeToLive',
];
const OF_TABLE_OR_INDEX = ['Query', 'Scan'];
const OF_MANY_TABLES = ['BatchGetItem', 'BatchWriteItem'];
const OF_RESOURCE_ARN = ['ListTagsOfResource', 'TagResource', 'UntagResource'];

/** DynamoDB on the endpoint. IAM is asked about the table, or about the index that a query reads. */
export function dynamoDbService(dynamoDb: DynamoDb): AwsService {
  const define = (
    names: readonly string[],
    resources: NonNullable<OperationDefinition['resources']>,
  ): [string, OperationDefinition][] =>
    names.map((name) => [name, { resources, run: (input) => dynamoDb.request(name, input) }]);
  return {
    signingNames: ['dynamodb'],
    iamPrefix: 'dynamodb',
    wireValues: true,
    model: () => import('@aws-sdk/client-dynamodb'),
    operations: Object.fromEntries([
      ...define(OF_ONE_TABLE, (input, account) => [tableArn(account, input['TableName'])]),
      ...define(OF_TABLE_OR_INDEX, (input, account) => [indexOrTableArn(account, input)]),
      ...define(OF_MANY_TABLES, (input, account) =>
        Object.keys(input['RequestItems'] as object).map((table) => tableArn(account, table)),
      ),
      ...define(OF_RESOURCE_ARN, (input) => [String(input['ResourceArn'])]),
      ['ListTables', { run: (input) => dynamoDb.request('ListTables', input) }],
      [
        'DescribeEndpoints',
        {
          run: (_input, { account }) => ({
            Endpoints: [{ Address: `dynamodb.${account.region}.amazonaws.com`, CachePeriodInMinutes: 1440 }],
          }),
        },
      ],
      ['TransactWriteItems', { resources: () => [], run: (input, context) => transactWrite(dynamoDb, input, context) }],
      ['TransactGetItems', { resources: () => [], run: (input, context) => transactGet(dynamoDb, input, context) }],
    ]),
  };
}

// A transaction needs the permission of each of its actions, and none of its own (Developer Guide, "DynamoDB transactions").
function transactWrite(
  dynamoDb: DynamoDb,
  input: OperationInput,
  context: OperationContext,
): Promise<Record<string, unknown>> {
  for (const { operation, data } of transactionWrites(input)) {
    const action = operation === 'ConditionCheck' ? 'ConditionCheckItem' : operation;
    context.authorize(`dynamodb:${action}`, tableArn(context.account, data['TableName']));
  }
  return dynamoDb.request('TransactWriteItems', input);
}

function transactGet(
  dynamoDb: DynamoDb,
  input: OperationInput,
  context: OperationContext,
): Promise<Record<string, unknown>> {
  for (const { Get } of input['TransactItems'] as { Get?: { TableName?: string } }[]) {
    context.authorize('dynamodb:GetItem', tableArn(context.account, Get?.TableName));
  }
  return dynamoDb.request('TransactGetItems', input);
}

function tableArn(account: Account, nameOrArn: unknown): string {
  return arn(account, 'dynamodb', `table/${tableNameOf(String(nameOrArn))}`);
}

function indexOrTableArn(account: Account, input: OperationInput): string {
  const table = tableArn(account, input['TableName']);
  return input['IndexName'] === undefined ? table : `${table}/index/${String(input['IndexName'])}`;
}
