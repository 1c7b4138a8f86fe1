import type { DeviceClass } from './device-classes.ts';

/** The IoT rules, by their names in AWS IoT (no hyphen is allowed there; they are part of Basic Ingest topics). */
export const RULE_NAMES = [
  'telemetry',
  'events',
  'perception',
  'hazards',
  'command_status',
  'ota_status',
  'presence',
] as const;

export type RuleName = (typeof RULE_NAMES)[number];

/** The rules that write to Kafka. `hazards` does not: it is the way from roadside units to the vehicles near them. */
export const KAFKA_RULES = [
  'telemetry',
  'events',
  'perception',
  'command_status',
  'ota_status',
  'presence',
] as const satisfies readonly RuleName[];

export type KafkaRuleName = (typeof KAFKA_RULES)[number];

/**
 * The Basic Ingest form of a topic: straight to one rule, without broker fan-out and without messaging charge
 * (https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html). Rules see the topic without the prefix.
 */
export function basicIngest(rule: RuleName, topic: string): string {
  return `$aws/rules/${rule}/${topic}`;
}

/** The device topics of the backbone, without any Basic Ingest prefix. Every `thing` is a thing name. */
export const topics = {
  telemetry: (deviceClass: DeviceClass, thing: string) => `dt/${deviceClass}/${thing}/telemetry`,
  event: (deviceClass: DeviceClass, thing: string) => `dt/${deviceClass}/${thing}/event`,
  perception: (thing: string) => `dt/rsu/${thing}/perception`,
  commandRequest: (thing: string, commandId: string) => `cmd/${thing}/req/${commandId}`,
  commandResponse: (thing: string, commandId: string) => `cmd/${thing}/res/${commandId}`,
  otaStatus: (thing: string, campaignId: string) => `ota/${thing}/status/${campaignId}`,
  broadcastAll: () => 'bc/all',
  broadcastGroup: (group: string) => `bc/group/${group}`,
  broadcastArea: (geohash: string) => `bc/area/${geohash}`,
  heartbeat: (rule: KafkaRuleName) => `hb/${rule}`,
} as const;

/** What devices publish to: each uplink topic with the Basic Ingest prefix of its rule. */
export const uplinkTopics = {
  telemetry: (deviceClass: DeviceClass, thing: string) =>
    basicIngest('telemetry', topics.telemetry(deviceClass, thing)),
  event: (deviceClass: DeviceClass, thing: string) => basicIngest('events', topics.event(deviceClass, thing)),
  /** Of a perception message without a hazard; one with a hazard goes to {@link hazardTopic}. */
  perception: (thing: string) => basicIngest('perception', topics.perception(thing)),
  commandResponse: (thing: string, commandId: string) =>
    basicIngest('command_status', topics.commandResponse(thing, commandId)),
  otaStatus: (thing: string, campaignId: string) => basicIngest('ota_status', topics.otaStatus(thing, campaignId)),
} as const;

/**
 * Where a roadside unit publishes a perception message that holds a hazard. The ordinary topic, because two rules take it: `perception` to
 * Kafka and `hazards` to the vehicles of the area. Basic Ingest reaches one rule alone, and hazards are rare enough that
 * their messaging charge does not matter.
 */
export function hazardTopic(thing: string): string {
  return topics.perception(thing);
}

/** The rule that a topic is the heartbeat of; `undefined` for any other topic. */
export function heartbeatRule(topic: string): KafkaRuleName | undefined {
  return KAFKA_RULES.find((rule) => topic === topics.heartbeat(rule));
}

/**
 * Where a device leaves its last will. A will is published by the broker, so it takes the ordinary topic: it is rare enough that its
 * messaging charge does not matter, and the `events` rule matches this topic as well.
 */
export function lastWillTopic(deviceClass: DeviceClass, thing: string): string {
  return topics.event(deviceClass, thing);
}

/** MQTT topic filters, as the rules' FROM clauses and subscribers use them. */
export const topicFilters = {
  telemetry: 'dt/+/+/telemetry',
  event: 'dt/+/+/event',
  perception: 'dt/rsu/+/perception',
  commandRequests: (thing: string) => `cmd/${thing}/req/+`,
  commandResponses: 'cmd/+/res/+',
  otaStatuses: 'ota/+/status/+',
  presence: '$aws/events/presence/+/+',
} as const;

/** Which level of a topic holds the thing name, counted from 1 as IoT SQL's `topic(n)` does. */
export const THING_LEVEL = {
  telemetry: 3,
  events: 3,
  perception: 3,
  hazards: 3,
  command_status: 2,
  ota_status: 2,
  presence: 5,
} as const satisfies Record<RuleName, number>;

/** Thing and command of a request topic `cmd/<thing>/req/<commandId>`; `undefined` for any other topic. */
export function parseCommandRequestTopic(topic: string): { thing: string; commandId: string } | undefined {
  return parseCommandTopic(topic, 'req');
}

/** Thing and command of a response topic `cmd/<thing>/res/<commandId>`; `undefined` for any other topic. */
export function parseCommandResponseTopic(topic: string): { thing: string; commandId: string } | undefined {
  return parseCommandTopic(topic, 'res');
}

function parseCommandTopic(topic: string, direction: 'req' | 'res') {
  const [root, thing, kind, commandId, ...rest] = topic.split('/');
  if (root !== 'cmd' || kind !== direction || !thing || !commandId || rest.length > 0) return undefined;
  return { thing, commandId };
}
