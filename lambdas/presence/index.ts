import { deliver } from '../shared/deliver.ts';
import { deliveryEnvironment } from '../shared/delivery-environment.ts';
import { dynamo } from '../shared/dynamodb.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { DynamoLastSeen } from './last-seen.ts';
import { observe, type PresenceEvent } from './observe.ts';

const delivery = deliveryEnvironment();
const lastSeen = new DynamoLastSeen(dynamo, environment('DEVICES_TABLE'));

/** Invoked by the rule `presence`; an error makes Lambda repeat the event, and then keep it in the dead-letter queue. */
export async function handler(event: PresenceEvent): Promise<void> {
  const observation = await observe(event, lastSeen, (thing) => deliver(thing, delivery, true));
  logger.info('presence', { clientId: event.clientId, eventType: event.eventType, ...observation });
}
