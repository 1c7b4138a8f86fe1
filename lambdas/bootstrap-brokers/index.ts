import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka';
import { customResource } from '../shared/custom-resource.ts';
import { bootstrapBrokers } from './bootstrap-brokers.ts';

const kafka = new KafkaClient({});

export const handler = customResource((properties) =>
  bootstrapBrokers(properties, (ClusterArn) => kafka.send(new GetBootstrapBrokersCommand({ ClusterArn }))),
);
