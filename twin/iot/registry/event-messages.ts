import { randomUUID } from 'node:crypto';

import type { Publish } from '../publication.ts';
import { eventsOf, type RegistryEvent } from './registry-events.ts';
import type { Registry } from './registry.ts';

/**
 * Publishes the registry's events to subscribers and rules, those that the account has switched on
 * (UpdateEventConfigurations; none are at first).
 *
 * @returns a function that ends it
 */
export function publishRegistryEvents(registry: Registry, publish: Publish): () => void {
  const { account, clock, settings, changes } = registry;
  const send = ({ topic, payload }: RegistryEvent): void => {
    const receivedAt = clock.now();
    // AWS's associations are the one event without an account.
    const whose = payload['eventType'] === 'THING_TYPE_ASSOCIATION_EVENT' ? {} : { accountId: account.accountId };
    const message = { ...payload, ...whose, eventId: randomUUID(), timestamp: receivedAt };
    publish({
      topic: `$aws/events/${topic}`,
      payload: Buffer.from(JSON.stringify(message)),
      qos: 1,
      retain: false,
      source: { protocol: 'service' },
      receivedAt,
      // Rules log their own failures, and nobody waits for an event.
    }).catch(() => undefined);
  };
  return changes.subscribe((change) => {
    for (const event of eventsOf(change)) if (settings.isEventEnabled(event.type)) send(event);
  });
}
