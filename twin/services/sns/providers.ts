import { generatedName } from '../../cloudformation/physical-names.ts';
import type {
  ExistingResource,
  ProvisionedResource,
  ResourceProvider,
  ResourceRequest,
} from '../../cloudformation/provider.ts';
import type { Sns } from './sns.ts';

type Properties = Readonly<Record<string, unknown>>;

const TOPIC_ATTRIBUTES = ['DisplayName', 'KmsMasterKeyId', 'SignatureVersion', 'TracingConfig', 'FifoThroughputScope'];
const SUBSCRIPTION_ATTRIBUTES = [
  'DeliveryPolicy',
  'FilterPolicy',
  'FilterPolicyScope',
  'RawMessageDelivery',
  'RedrivePolicy',
  'SubscriptionRoleArn',
];

/** `AWS::SNS::Topic`, `AWS::SNS::Subscription`, `AWS::SNS::TopicPolicy` and its newer, inline form. */
export function snsProviders(sns: Sns): ResourceProvider[] {
  return [topicProvider(sns), subscriptionProvider(sns), topicPolicyProvider(sns), inlinePolicyProvider(sns)];
}

function topicProvider(sns: Sns): ResourceProvider {
  const create = (request: ResourceRequest): ProvisionedResource => {
    const { properties } = request;
    const topicArn = sns.createTopic(nameOf(request), creationAttributes(properties));
    sns.setTopicAttributes(topicArn, attributesOf(properties, TOPIC_ATTRIBUTES));
    sns.setTopicTags(topicArn, tagsOf(properties));
    for (const { Protocol, Endpoint } of inlineSubscriptions(properties)) sns.subscribe(topicArn, Protocol, Endpoint);
    return { physicalId: topicArn, attributes: { TopicArn: topicArn, TopicName: sns.topic(topicArn).name } };
  };
  return {
    type: 'AWS::SNS::Topic',
    create,
    update(request) {
      if (!request.physicalId.endsWith(`:${nameOf(request)}`)) return create(request);
      const { physicalId, properties, previousProperties } = request;
      const removed = Object.keys(attributesOf(previousProperties, TOPIC_ATTRIBUTES)).map((name) => [name, '']);
      sns.setTopicAttributes(physicalId, {
        ...(Object.fromEntries(removed) as Record<string, string>),
        ...creationAttributes(properties),
        ...attributesOf(properties, TOPIC_ATTRIBUTES),
      });
      const wanted = inlineSubscriptions(properties);
      for (const { Protocol, Endpoint } of inlineSubscriptions(previousProperties)) {
        if (wanted.some((other) => other.Protocol === Protocol && other.Endpoint === Endpoint)) continue;
        for (const subscription of sns.subscriptions(physicalId)) {
          if (subscription.protocol === Protocol && subscription.endpoint === Endpoint)
            sns.unsubscribe(subscription.arn);
        }
      }
      return create(request);
    },
    delete: ({ physicalId }) => sns.deleteTopic(physicalId),
  };
}

function subscriptionProvider(sns: Sns): ResourceProvider {
  const create = ({ properties }: ResourceRequest): ProvisionedResource => {
    const [topicArn, protocol, endpoint] = ['TopicArn', 'Protocol', 'Endpoint'].map((name) =>
      String(properties[name]),
    ) as [string, string, string];
    const attributes = attributesOf(properties, SUBSCRIPTION_ATTRIBUTES);
    const { arn } = sns.subscribe(topicArn, protocol, endpoint, attributes);
    sns.setSubscriptionAttributes(arn, attributes);
    return { physicalId: arn, attributes: { Arn: arn } };
  };
  const sameEndpoint = ({ properties, previousProperties }: ExistingResource): boolean =>
    ['TopicArn', 'Protocol', 'Endpoint'].every((name) => properties[name] === previousProperties[name]);
  return {
    type: 'AWS::SNS::Subscription',
    create,
    update(request) {
      if (!sameEndpoint(request)) return create(request);
      const removed = Object.keys(attributesOf(request.previousProperties, SUBSCRIPTION_ATTRIBUTES));
      const kept = attributesOf(request.properties, SUBSCRIPTION_ATTRIBUTES);
      for (const name of removed.filter((attribute) => kept[attribute] === undefined)) {
        const initial = { FilterPolicyScope: 'MessageAttributes', RawMessageDelivery: 'false' }[name] ?? '';
        sns.setSubscriptionAttributes(request.physicalId, { [name]: initial });
      }
      sns.setSubscriptionAttributes(request.physicalId, kept);
      return { physicalId: request.physicalId, attributes: { Arn: request.physicalId } };
    },
    delete: ({ physicalId }) => sns.unsubscribe(physicalId),
  };
}

function topicPolicyProvider(sns: Sns): ResourceProvider {
  const set = ({ properties, stackName, logicalId }: ResourceRequest): ProvisionedResource => {
    for (const topic of properties['Topics'] as string[])
      sns.setTopicAttributes(topic, { Policy: JSON.stringify(properties['PolicyDocument']) });
    return { physicalId: generatedName(stackName, logicalId), attributes: { Id: generatedName(stackName, logicalId) } };
  };
  return {
    type: 'AWS::SNS::TopicPolicy',
    create: set,
    update: set,
    delete: ({ properties }) => removePolicy(sns, properties['Topics'] as string[]),
  };
}

function inlinePolicyProvider(sns: Sns): ResourceProvider {
  const set = ({ properties }: ResourceRequest): ProvisionedResource => {
    const topicArn = String(properties['TopicArn']);
    sns.setTopicAttributes(topicArn, { Policy: JSON.stringify(properties['PolicyDocument']) });
    return { physicalId: topicArn };
  };
  return {
    type: 'AWS::SNS::TopicInlinePolicy',
    create: set,
    update: set,
    delete: ({ properties }) => removePolicy(sns, [String(properties['TopicArn'])]),
  };
}

function removePolicy(sns: Sns, topicArns: readonly string[]): void {
  for (const topicArn of topicArns) {
    if (sns.topics().some(({ arn }) => arn === topicArn)) sns.setTopicAttributes(topicArn, { Policy: '' });
  }
}

function nameOf({ properties, stackName, logicalId }: ResourceRequest): string {
  const name = properties['TopicName'];
  if (typeof name === 'string') return name;
  return isFifo(properties)
    ? `${generatedName(stackName, logicalId, 251)}.fifo`
    : generatedName(stackName, logicalId, 256);
}

function creationAttributes(properties: Properties): Record<string, string> {
  const deduplication = String(properties['ContentBasedDeduplication'] ?? false);
  return isFifo(properties) ? { FifoTopic: 'true', ContentBasedDeduplication: deduplication } : {};
}

function isFifo(properties: Properties): boolean {
  return String(properties['FifoTopic'] ?? false) === 'true';
}

function attributesOf(properties: Properties, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = properties[name];
      if (value === undefined) return [];
      return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]];
    }),
  );
}

function inlineSubscriptions(properties: Properties): { Protocol: string; Endpoint: string }[] {
  return (properties['Subscription'] as { Protocol: string; Endpoint: string }[] | undefined) ?? [];
}

function tagsOf(properties: Properties): Record<string, string> {
  const tags = (properties['Tags'] as { Key: string; Value: string }[] | undefined) ?? [];
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
