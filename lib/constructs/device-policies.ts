import type { Stack } from 'aws-cdk-lib';
import type { DeviceClass } from '../../contracts/device-classes.ts';
import { hazardTopic, topics, uplinkTopics } from '../../contracts/topics.ts';
import type { IotStatement } from './iot-policy.ts';

/** The thing that a certificate is attached to; AWS IoT fills it in at each decision, so one policy serves every device. */
const THING = '${iot:Connection.Thing.ThingName}';

/** The group that a thing's attribute `group` names. */
const OWN_GROUP = '${iot:Connection.Thing.Attributes[group]}';

/** What a vehicle may do. */
export function vehiclePolicyStatements(stack: Stack): readonly IotStatement[] {
  return devicePolicyStatements(stack, 'vehicle', [uplinkTopics.otaStatus(THING, '*')]);
}

/** What a roadside unit may do: as a vehicle, and report what it perceives, hazards on the ordinary topic. */
export function roadsideUnitPolicyStatements(stack: Stack): readonly IotStatement[] {
  return devicePolicyStatements(stack, 'rsu', [
    uplinkTopics.otaStatus(THING, '*'),
    uplinkTopics.perception(THING),
    hazardTopic(THING),
  ]);
}

/**
 * What a device may do: connect under its own name, publish its own uplink, receive what is sent to it.
 * Commands come as direct messages, which need no subscription; subscribing is allowed for client libraries that drop what they did
 * not ask for.
 */
function devicePolicyStatements(
  stack: Stack,
  deviceClass: DeviceClass,
  furtherTopics: readonly string[],
): readonly IotStatement[] {
  const arn = iotArns(stack);
  const requests = topics.commandRequest(THING, '*');
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
        uplinkTopics.telemetry(deviceClass, THING),
        uplinkTopics.event(deviceClass, THING),
        uplinkTopics.commandResponse(THING, '*'),
        // The last will: published by the broker, on the ordinary topic.
        topics.event(deviceClass, THING),
        ...furtherTopics,
      ].map((topic) => arn('topic', topic)),
    },
    { Effect: 'Allow', Action: ['iot:Subscribe'], Resource: [arn('topicfilter', requests)] },
    { Effect: 'Allow', Action: ['iot:Receive'], Resource: [arn('topic', requests)] },
  ];
}

/**
 * The broadcasts that a device of a class hears: to all, to any area, to the class's group, and to the group that its thing attribute `group`
 * names (policies know no thing groups, but attributes). A policy of its own: one document would be longer than AWS IoT takes.
 */
export function broadcastPolicyStatements(stack: Stack, group: string): readonly IotStatement[] {
  const arn = iotArns(stack);
  const heard = [
    topics.broadcastAll(),
    topics.broadcastArea('*'),
    topics.broadcastGroup(group),
    topics.broadcastGroup(OWN_GROUP),
  ];
  return [
    { Effect: 'Allow', Action: ['iot:Subscribe'], Resource: heard.map((filter) => arn('topicfilter', filter)) },
    { Effect: 'Allow', Action: ['iot:Receive'], Resource: heard.map((topic) => arn('topic', topic)) },
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
