import type { Stack } from 'aws-cdk-lib';
import { topicFilters, topics, uplinkTopics } from '../../contracts/topics.ts';
import type { IotStatement } from './iot-policy.ts';

/** The thing that a certificate is attached to; AWS IoT fills it in at each decision, so one policy serves every device. */
const THING = '${iot:Connection.Thing.ThingName}';

/**
 * What a vehicle may do: connect under its own name, publish its own uplink, receive what is sent to it and to all. Commands come as
 * direct messages, which need no subscription; subscribing is allowed for client libraries that drop what they did not ask for.
 */
export function vehiclePolicyStatements(stack: Stack): readonly IotStatement[] {
  const arn = iotArns(stack);
  return [
    {
      Effect: 'Allow',
      Action: ['iot:Connect'],
      Resource: [arn('client', THING)],
      Condition: {
        Bool: { 'iot:Connection.Thing.IsAttached': 'true' },
        // Wills and persistent sessions need to be named (developer guide, connect-policy).
        'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'] },
      },
    },
    {
      Effect: 'Allow',
      Action: ['iot:Publish'],
      Resource: [
        uplinkTopics.telemetry('vehicle', THING),
        uplinkTopics.event('vehicle', THING),
        uplinkTopics.commandResponse(THING, '*'),
        // The last will: published by the broker, on the ordinary topic.
        topics.event('vehicle', THING),
      ].map((topic) => arn('topic', topic)),
    },
    {
      Effect: 'Allow',
      Action: ['iot:Subscribe'],
      Resource: [topicFilters.commandRequests(THING).replace('+', '*'), 'bc/*'].map((filter) =>
        arn('topicfilter', filter),
      ),
    },
    {
      Effect: 'Allow',
      Action: ['iot:Receive'],
      Resource: [topics.commandRequest(THING, '*'), 'bc/*'].map((topic) => arn('topic', topic)),
    },
  ];
}

/**
 * What a claim certificate may do: ask for a certificate of one's own and register with one template, nothing else. It connects under
 * any client id, since the device has no name yet.
 */
export function claimPolicyStatements(stack: Stack, templateName: string): readonly IotStatement[] {
  const arn = iotArns(stack);
  const exchanges = [
    '$aws/certificates/create/*',
    '$aws/certificates/create-from-csr/*',
    `$aws/provisioning-templates/${templateName}/provision/*`,
  ];
  return [
    { Effect: 'Allow', Action: ['iot:Connect'], Resource: [arn('client', '*')] },
    {
      Effect: 'Allow',
      Action: ['iot:Publish', 'iot:Receive'],
      Resource: exchanges.map((topic) => arn('topic', topic)),
    },
    { Effect: 'Allow', Action: ['iot:Subscribe'], Resource: exchanges.map((filter) => arn('topicfilter', filter)) },
  ];
}

function iotArns(stack: Stack): (resource: string, resourceName: string) => string {
  return (resource, resourceName) => stack.formatArn({ service: 'iot', resource, resourceName });
}
