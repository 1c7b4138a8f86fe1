import { arn } from '../../account.ts';
import type { AwsService, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import { invalidParameter } from './message.ts';
import { publishBatch, publishOptions } from './publish-batch.ts';
import type { Sns, Topic } from './sns.ts';
import type { Subscription } from './subscription.ts';

const PAGE_SIZE = 100;

/** SNS on the endpoint, in the query protocol. */
export function snsService(sns: Sns): AwsService {
  const text = (input: OperationInput, name: string): string => String(input[name] ?? '');
  const ofTopic = (run: OperationDefinition['run'], iamAction?: string): OperationDefinition => ({
    run,
    iamAction,
    resources: (input) => [String(input['TopicArn'] ?? input['TargetArn'] ?? input['ResourceArn'])],
  });
  const ofSubscription = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => [topicOf(text(input, 'SubscriptionArn'))],
  });
  return {
    signingNames: ['sns'],
    iamPrefix: 'sns',
    model: () => import('@aws-sdk/client-sns'),
    operations: {
      CreateTopic: {
        resources: (input, account) => [arn(account, 'sns', text(input, 'Name'))],
        run: (input) => ({
          TopicArn: sns.createTopic(text(input, 'Name'), texts(input['Attributes']), tags(input['Tags'])),
        }),
      },
      DeleteTopic: ofTopic((input) => void sns.deleteTopic(text(input, 'TopicArn'))),
      ListTopics: {
        run(input) {
          const { items, nextToken } = page(
            sns.topics(),
            ({ arn: topicArn }) => topicArn,
            PAGE_SIZE,
            tokenOf(input),
            PAGE_SIZE,
          );
          return { Topics: items.map(({ arn: TopicArn }) => ({ TopicArn })), NextToken: nextToken };
        },
      },
      GetTopicAttributes: ofTopic((input, { account }) => ({
        Attributes: topicAttributes(sns, sns.topic(text(input, 'TopicArn')), account.accountId),
      })),
      SetTopicAttributes: ofTopic(
        (input) =>
          void sns.setTopicAttributes(text(input, 'TopicArn'), {
            [text(input, 'AttributeName')]: text(input, 'AttributeValue'),
          }),
      ),
      Subscribe: ofTopic((input) => {
        const subscription = sns.subscribe(
          text(input, 'TopicArn'),
          text(input, 'Protocol'),
          text(input, 'Endpoint'),
          texts(input['Attributes']),
        );
        const shown = subscription.confirmed || input['ReturnSubscriptionArn'] === true;
        return { SubscriptionArn: shown ? subscription.arn : 'pending confirmation' };
      }),
      ConfirmSubscription: ofTopic((input) => ({
        SubscriptionArn: sns.confirm(text(input, 'TopicArn'), text(input, 'Token')).arn,
      })),
      Unsubscribe: ofSubscription((input) => void sns.unsubscribe(text(input, 'SubscriptionArn'))),
      ListSubscriptions: { run: (input) => listSubscriptions(sns.subscriptions(), input) },
      ListSubscriptionsByTopic: ofTopic((input) => {
        const { arn: topicArn } = sns.topic(text(input, 'TopicArn'));
        return listSubscriptions(sns.subscriptions(topicArn), input);
      }),
      GetSubscriptionAttributes: ofSubscription((input, { account }) => ({
        Attributes: subscriptionAttributes(sns.subscription(text(input, 'SubscriptionArn')), account.accountId),
      })),
      SetSubscriptionAttributes: ofSubscription(
        (input) =>
          void sns.setSubscriptionAttributes(text(input, 'SubscriptionArn'), {
            [text(input, 'AttributeName')]: text(input, 'AttributeValue'),
          }),
      ),
      Publish: ofTopic(async (input) => {
        const topicArn = input['TopicArn'] ?? input['TargetArn'];
        if (topicArn === undefined)
          throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter');
        const published = await sns.publish(String(topicArn), text(input, 'Message'), publishOptions(input));
        return { MessageId: published.messageId, SequenceNumber: published.sequenceNumber };
      }),
      PublishBatch: ofTopic(
        (input) =>
          publishBatch(sns, text(input, 'TopicArn'), (input['PublishBatchRequestEntries'] ?? []) as OperationInput[]),
        'Publish',
      ),
      ListTagsForResource: ofTopic((input) => ({
        Tags: Object.entries(sns.topic(text(input, 'ResourceArn')).tags).map(([Key, Value]) => ({ Key, Value })),
      })),
      TagResource: ofTopic((input) => {
        const topic = sns.topic(text(input, 'ResourceArn'));
        sns.setTopicTags(topic.arn, { ...topic.tags, ...tags(input['Tags']) });
        return {};
      }),
      UntagResource: ofTopic((input) => {
        const topic = sns.topic(text(input, 'ResourceArn'));
        const removed = input['TagKeys'] as string[];
        const kept = Object.entries(topic.tags).filter(([key]) => !removed.includes(key));
        sns.setTopicTags(topic.arn, Object.fromEntries(kept));
        return {};
      }),
    },
  };
}

function listSubscriptions(all: readonly Subscription[], input: OperationInput): Record<string, unknown> {
  const { items, nextToken } = page(all, (subscription) => subscription.arn, PAGE_SIZE, tokenOf(input), PAGE_SIZE);
  const Subscriptions = items.map((subscription) => ({
    SubscriptionArn: subscription.confirmed ? subscription.arn : 'PendingConfirmation',
    Owner: subscription.topicArn.split(':')[4],
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: subscription.topicArn,
  }));
  return { Subscriptions, NextToken: nextToken };
}

function topicAttributes(sns: Sns, topic: Topic, owner: string): Record<string, string> {
  const subscriptions = sns.subscriptions(topic.arn);
  const confirmed = subscriptions.filter((subscription) => subscription.confirmed).length;
  return {
    DisplayName: '',
    ...topic.attributes,
    TopicArn: topic.arn,
    Owner: owner,
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: String(subscriptions.length - confirmed),
    SubscriptionsDeleted: '0',
  };
}

function subscriptionAttributes(subscription: Subscription, owner: string): Record<string, string> {
  return {
    RawMessageDelivery: 'false',
    ...subscription.attributes,
    SubscriptionArn: subscription.arn,
    TopicArn: subscription.topicArn,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    Owner: owner,
    PendingConfirmation: String(!subscription.confirmed),
    ConfirmationWasAuthenticated: String(subscription.confirmed),
  };
}

function topicOf(subscriptionArn: string): string {
  return subscriptionArn.split(':').slice(0, 6).join(':');
}

function tokenOf(input: OperationInput): string | undefined {
  return input['NextToken'] as string | undefined;
}

function texts(value: unknown): Record<string, string> {
  return (value as Record<string, string> | undefined) ?? {};
}

function tags(value: unknown): Record<string, string> {
  const list = (value as { Key: string; Value: string }[] | undefined) ?? [];
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}
