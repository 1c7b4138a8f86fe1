import { arn } from '../../../account.ts';
import type { Value } from '../../sql/index.ts';
import { toItem } from '../dynamodb-values.ts';
import { DefinitionReader, evaluate, invalid, required, type ActionFactory } from './action.ts';

/** Writes each member of the output as an attribute of its own (Developer Guide, "DynamoDBv2"). */
export const dynamoDbV2Action: ActionFactory = (definition, { account, ports, sqlVersion }) => {
  const roleArn = new DefinitionReader('dynamoDBv2', definition, sqlVersion).text('roleArn');
  const putItem = definition['putItem'] as Record<string, unknown> | undefined;
  if (!putItem) throw invalid('The dynamoDBv2 action needs putItem.');
  const read = new DefinitionReader('dynamoDBv2', putItem, sqlVersion);
  const tableTemplate = read.template('tableName');
  const dynamoDb = required(ports.dynamoDb, 'dynamoDBv2');
  return {
    name: 'DynamoDBv2Action',
    resource: read.text('tableName'),
    async run(invocation) {
      const { value } = invocation.output;
      if (value === null || typeof value !== 'object' || Array.isArray(value))
        throw new Error('The output is not a JSON object.');
      const tableName = await evaluate(tableTemplate, invocation);
      ports.authorizeRole?.(roleArn, 'dynamodb:PutItem', arn(account, 'dynamodb', `table/${tableName}`));
      await dynamoDb.request('PutItem', {
        TableName: tableName,
        Item: toItem(value as unknown as Record<string, Value>),
      });
    },
  };
};
