import { arn } from '../../../account.ts';
import type { AttributeValue } from '../dynamodb-values.ts';
import { DefinitionReader, evaluateAll, invalid, required, type ActionFactory } from './action.ts';

/** Writes the output as one attribute of an item whose key comes from templates (Developer Guide, "DynamoDB"). */
export const dynamoDbAction: ActionFactory = (definition, { account, ports, sqlVersion }) => {
  const read = new DefinitionReader('dynamoDB', definition, sqlVersion);
  const roleArn = read.text('roleArn');
  const hashField = read.text('hashKeyField');
  const rangeField = read.optionalText('rangeKeyField');
  const payloadField = read.optionalText('payloadField') ?? 'payload';
  const operation = read.optionalText('operation') ?? 'INSERT';
  const OPERATIONS: Readonly<Record<string, string>> = {
    INSERT: 'PutItem',
    UPDATE: 'UpdateItem',
    DELETE: 'DeleteItem',
  };
  if (!Object.hasOwn(OPERATIONS, operation))
    throw invalid('The operation of a dynamoDB action is INSERT, UPDATE or DELETE.');
  const templates = [
    read.template('tableName'),
    read.template('hashKeyValue'),
    ...(rangeField ? [read.template('rangeKeyValue')] : []),
  ];
  const hashType = keyType(read.optionalText('hashKeyType'));
  const rangeType = keyType(read.optionalText('rangeKeyType'));
  const dynamoDb = required(ports.dynamoDb, 'dynamoDB');
  return {
    name: 'DynamoDBAction',
    resource: read.text('tableName'),
    async run(invocation) {
      const [tableName, hash, range] = (await evaluateAll(templates, invocation)) as [
        string,
        string,
        string | undefined,
      ];
      const api = OPERATIONS[operation]!;
      ports.authorizeRole?.(roleArn, `dynamodb:${api}`, arn(account, 'dynamodb', `table/${tableName}`));
      const key: Record<string, AttributeValue> = { [hashField]: { [hashType]: hash } };
      if (rangeField) key[rangeField] = { [rangeType]: range };
      const payload = { S: invocation.output.bytes().toString() };
      await dynamoDb.request(api, { TableName: tableName, ...membersOf(api, key, payloadField, payload) });
    },
  };
};

function membersOf(
  api: string,
  key: Record<string, AttributeValue>,
  field: string,
  payload: AttributeValue,
): Record<string, unknown> {
  if (api === 'PutItem') return { Item: { ...key, [field]: payload } };
  if (api === 'DeleteItem') return { Key: key };
  return {
    Key: key,
    UpdateExpression: 'SET #payload = :payload',
    ExpressionAttributeNames: { '#payload': field },
    ExpressionAttributeValues: { ':payload': payload },
  };
}

function keyType(type: string | undefined): 'S' | 'N' {
  if (type !== undefined && type !== 'STRING' && type !== 'NUMBER')
    throw invalid('A key of a dynamoDB action is of type STRING or NUMBER.');
  return type === 'NUMBER' ? 'N' : 'S';
}
