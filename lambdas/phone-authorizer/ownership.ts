import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The vehicles that a user owns, as far as they fit into policies. */
export interface Ownership {
  readonly things: readonly string[];
  readonly hasMore: boolean;
}

/** More than any person; what AWS IoT's ten policies of 2,048 characters hold. */
export const MOST_VEHICLES = 50;

/** One item a user and vehicle: partition key `owner`, sort key `thing`. */
export async function ownershipOf(dynamo: DynamoDBDocumentClient, table: string, owner: string): Promise<Ownership> {
  const { Items = [], LastEvaluatedKey } = await dynamo.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':owner': owner },
      ProjectionExpression: 'thing',
      // A vehicle that was sold must be gone at the next refresh.
      ConsistentRead: true,
      Limit: MOST_VEHICLES,
    }),
  );
  return { things: Items.map(({ thing }) => String(thing)), hasMore: LastEvaluatedKey !== undefined };
}
