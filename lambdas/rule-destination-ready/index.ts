import { setTimeout } from 'node:timers/promises';
import { GetTopicRuleDestinationCommand, IoTClient } from '@aws-sdk/client-iot';
import { customResource } from '../shared/custom-resource.ts';
import { ruleDestinationReady } from './rule-destination-ready.ts';

const iot = new IoTClient({});

export const handler = customResource((properties) =>
  ruleDestinationReady(properties, {
    describe: async (arn) => (await iot.send(new GetTopicRuleDestinationCommand({ arn }))).topicRuleDestination ?? {},
    wait: (milliseconds) => setTimeout(milliseconds),
    now: Date.now,
  }),
);
