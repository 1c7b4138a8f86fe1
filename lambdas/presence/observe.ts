import { isThingName } from '../../contracts/device-classes.ts';
import type { DeliveryOutcome } from '../shared/deliver.ts';
import type { LastSeen } from './last-seen.ts';

/** https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html */
export interface PresenceEvent {
  readonly clientId: string;
  /** Only where the certificate is attached to its thing exclusively, as ours are. */
  readonly thingName?: string;
  readonly eventType: string;
  /** Unix time in ms. */
  readonly timestamp: number;
  readonly sessionIdentifier?: string;
  readonly disconnectReason?: string;
}

/**
 * Remembers that a device came or went, and delivers what waited for it. Presence events may come out of order, so "came" is
 * never taken for "is here": the delivery itself finds out. Client ids that are no thing names (a claim certificate's) are passed over.
 */
export async function observe(
  event: PresenceEvent,
  lastSeen: LastSeen,
  deliverTo: (thing: string) => Promise<DeliveryOutcome>,
): Promise<{ readonly ignored?: true; readonly news?: boolean; readonly delivery?: DeliveryOutcome }> {
  const connected = event.eventType === 'connected';
  const thing = event.thingName ?? event.clientId;
  if ((!connected && event.eventType !== 'disconnected') || !isThingName(thing)) return { ignored: true };
  const news = event.thingName === undefined ? false : await lastSeen.update(thing, connected, event);
  return connected ? { news, delivery: await deliverTo(thing) } : { news };
}
