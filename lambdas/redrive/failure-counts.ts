import { DeleteCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { isAwsError } from '../shared/aws-error.ts';
import type { FailureCounts } from './redrive.ts';

/** A message that has not failed for so long has arrived: longer than the longest delay, which is twelve hours. */
const KEPT_SECONDS = 2 * 86_400;

/** One item a message, holding the queue's ids of its failures as a set: adding one twice changes nothing. */
export class DynamoFailureCounts implements FailureCounts {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  async add(id: string, queueMessageId: string, now: number): Promise<number | undefined> {
    try {
      const { Attributes } = await this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { id },
          UpdateExpression: 'ADD failures :one SET expiresAt = :expiresAt',
          ConditionExpression: 'NOT contains(failures, :id)',
          ExpressionAttributeValues: {
            ':one': new Set([queueMessageId]),
            ':id': queueMessageId,
            ':expiresAt': Math.ceil(now / 1000) + KEPT_SECONDS,
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return (Attributes?.['failures'] as Set<string>).size;
    } catch (error) {
      if (isAwsError(error, 'ConditionalCheckFailedException')) return undefined;
      throw error;
    }
  }

  async forget(id: string): Promise<void> {
    await this.#dynamo.send(new DeleteCommand({ TableName: this.#table, Key: { id } }));
  }
}
