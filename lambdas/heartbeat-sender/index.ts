import { KAFKA_RULES, topics } from '../../contracts/topics.ts';
import type { Heartbeat } from '../../contracts/heartbeat.ts';
import { ingestOver } from '../shared/basic-ingest.ts';
import { environment } from '../shared/environment.ts';

const ingest = ingestOver(environment('IOT_DATA_ENDPOINT'));

/**
 * Sends a heartbeat through every rule that writes to Kafka. An error is not hidden: the function's own alarm and the missing heartbeats
 * both tell of it.
 */
export async function handler(): Promise<void> {
  await Promise.all(
    KAFKA_RULES.map((rule) => {
      const heartbeat: Heartbeat = { at: Date.now() };
      return ingest(rule, topics.heartbeat(rule), new TextEncoder().encode(JSON.stringify(heartbeat)));
    }),
  );
}
