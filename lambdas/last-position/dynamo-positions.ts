import { PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { isAwsError } from '../shared/aws-error.ts';
import type { Positions } from './keep-positions.ts';
import type { Position } from './position.ts';

/** One item a thing; the index over geohashes finds who is in an area. */
export class DynamoPositions implements Positions {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  async keep(position: Position): Promise<void> {
    try {
      await this.#dynamo.send(
        new PutCommand({
          TableName: this.#table,
          Item: position,
          // Redriven and repeated telemetry is older than what is known.
          ConditionExpression: 'attribute_not_exists(thing) OR #at < :at',
          ExpressionAttributeNames: { '#at': 'at' },
          ExpressionAttributeValues: { ':at': position.at },
        }),
      );
    } catch (error) {
      if (!isAwsError(error, 'ConditionalCheckFailedException')) throw error;
    }
  }
}
