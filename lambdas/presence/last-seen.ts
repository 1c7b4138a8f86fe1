import { UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { isAwsError } from '../shared/aws-error.ts';
import type { PresenceEvent } from './observe.ts';

export interface LastSeen {
  /** @returns false when something newer is known already */
  update(thing: string, connected: boolean, event: PresenceEvent): Promise<boolean>;
}

/** One item a device, kept by the newest presence event. */
export class DynamoLastSeen implements LastSeen {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  async update(thing: string, connected: boolean, event: PresenceEvent): Promise<boolean> {
    try {
      await this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { thing },
          UpdateExpression: 'SET #connected = :connected, lastSeenAt = :at, #session = :session, #reason = :reason',
          ConditionExpression: 'attribute_not_exists(lastSeenAt) OR lastSeenAt <= :at',
          ExpressionAttributeNames: {
            '#connected': 'connected',
            '#session': 'sessionIdentifier',
            '#reason': 'disconnectReason',
          },
          ExpressionAttributeValues: {
            ':connected': connected,
            ':at': event.timestamp,
            ':session': event.sessionIdentifier ?? null,
            ':reason': event.disconnectReason ?? null,
          },
        }),
      );
      return true;
    } catch (error) {
      if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  }
}
