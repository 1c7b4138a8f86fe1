import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { basicIngest, type RuleName } from '../../contracts/topics.ts';

/** Hands a message to one rule; resolves when the rules engine has it, which says nothing of the rule's actions. */
export type IngestInto = (rule: RuleName, topic: string, payload: Uint8Array) => Promise<void>;

/** @param dataEndpoint the account's own endpoint; AWS_ENDPOINT_URL goes before it, as it does for every other SDK client */
export function ingestOver(dataEndpoint: string): IngestInto {
  const client = new IoTDataPlaneClient({ endpoint: process.env['AWS_ENDPOINT_URL'] ?? `https://${dataEndpoint}` });
  return async (rule, topic, payload) => {
    await client.send(new PublishCommand({ topic: basicIngest(rule, topic), qos: 1, payload }));
  };
}
