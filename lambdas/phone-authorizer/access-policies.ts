import { isThingName } from '../../contracts/device-classes.ts';
import { ownerTopic, phoneClientId, phoneTopics } from '../../contracts/phones.ts';
import { topics } from '../../contracts/topics.ts';
import type { PolicyDocument, PolicyStatement } from './authorizer-event.ts';

/** AWS IoT's limit on each of an authorizer's policy documents, in characters. */
export const LONGEST_DOCUMENT = 2048;

export interface PhoneAccess {
  readonly userId: string;
  /** Thing names of the vehicles that the user owns. */
  readonly things: readonly string[];
  readonly area?: string;
}

/**
 * What a user's phones may do: connect under the user's own client ids, publish as phones of that user, hear broadcasts to all and to one
 * area, and what the user's own vehicles tell their owners. Vehicles are spread over as many documents as they need.
 * @param arnPrefix `arn:<partition>:iot:<region>:<account>:`
 */
export function accessPolicies({ userId, things, area }: PhoneAccess, arnPrefix: string): PolicyDocument[] {
  const phones = phoneClientId(userId, '*');
  const arn = (kind: string, name: string): string => `${arnPrefix}${kind}/${name}`;
  const heard = (topic: string): string[] => [arn('topicfilter', topic), arn('topic', topic)];
  const hear = (resources: readonly string[]): PolicyStatement => ({
    Effect: 'Allow',
    // A filter and a topic are different resources, so one statement serves both actions.
    Action: ['iot:Subscribe', 'iot:Receive'],
    Resource: resources,
  });
  const own = document([
    {
      Effect: 'Allow',
      Action: ['iot:Connect'],
      Resource: [arn('client', phones)],
      // No last will: it would be published long after its user lost the right to.
      Condition: { 'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect'] } },
    },
    {
      Effect: 'Allow',
      Action: ['iot:Publish'],
      Resource: [phoneTopics.telemetry(phones), phoneTopics.event(phones)].map((topic) => arn('topic', topic)),
    },
    hear([...heard(topics.broadcastAll()), ...(area === undefined ? [] : heard(topics.broadcastArea(`${area}*`)))]),
  ]);
  // A name that could hold a wildcard would open more than one vehicle.
  const vehicles = things.filter(isThingName).map((thing) => heard(ownerTopic(thing)));
  return [own, ...packed(vehicles, (resources) => document([hear(resources)]))];
}

/** Spreads groups of resources over documents that each keep the limit. */
function packed(groups: readonly string[][], make: (resources: readonly string[]) => PolicyDocument): PolicyDocument[] {
  const filled: string[][] = [];
  for (const group of groups) {
    const last = filled.at(-1);
    if (last && JSON.stringify(make([...last, ...group])).length <= LONGEST_DOCUMENT) last.push(...group);
    else filled.push([...group]);
  }
  return filled.map(make);
}

function document(statements: readonly PolicyStatement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements };
}
