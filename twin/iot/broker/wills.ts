import type { IConnectPacket } from 'mqtt-packet';

import type { PublicationProperties } from '../publication.ts';
import type { CloseOptions, Connection } from './connection.ts';
import { acceptRetained, route } from './fan-out.ts';
import { isTopicName, isWithinLimits, type TopicLimits } from './topics.ts';
import { logPublishRefusal } from './refusals.ts';
import type { DisconnectReason } from './reason-codes.ts';

export interface Will {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly properties: PublicationProperties | undefined;
}

/** `mqtt-packet` groups a CONNECT's user properties by name, so a will's keep their order within a name only. */
export function userPropertyPairs(
  grouped: Record<string, string | string[]> | undefined,
): [string, string][] | undefined {
  if (!grouped) return undefined;
  return Object.entries(grouped).flatMap(([key, value]) =>
    Array.isArray(value) ? value.map((each): [string, string] => [key, each]) : [[key, value] as [string, string]],
  );
}

/** The will of a CONNECT, copied out of the network's buffer since it may be needed in hours. */
export function willOf(packet: IConnectPacket): Will | undefined {
  const will = packet.will;
  if (!will) return undefined;
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData, userProperties } =
    will.properties ?? {};
  return {
    topic: will.topic,
    payload: Buffer.from(will.payload),
    qos: will.qos === 0 ? 0 : 1,
    retain: will.retain ?? false,
    properties: will.properties && {
      ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator }),
      ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
      ...(contentType !== undefined && { contentType }),
      ...(responseTopic !== undefined && { responseTopic }),
      ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData) }),
      ...(userProperties !== undefined && { userProperties: userPropertyPairs(userProperties) }),
    },
  };
}

/** MQTT gives a will two bytes for its length, so only its topic can pass IoT Core's limits. */
export function isValidWillTopic(topic: string, limits: TopicLimits): boolean {
  return isTopicName(topic) && isWithinLimits(topic, limits);
}

/** Every end but the client's own sends the will (developer guide, "Connect/Disconnect events", table of reasons). */
export function sendsWill(reason: DisconnectReason, options: CloseOptions): boolean {
  if (reason === 'CLIENT_INITIATED_DISCONNECT') return options.clientWantsWill === true;
  return !options.preventWill;
}

/** Publishes the will as its client would have, its policy included. */
export function publishWill(connection: Connection): void {
  const { core, will, admission, clientId } = connection;
  connection.will = undefined;
  if (!will || !admission) return;
  const refused = !admission.authorize('iot:Publish', will.topic)
    ? 'iot:Publish'
    : will.retain && !admission.authorize('iot:RetainPublish', will.topic)
      ? 'iot:RetainPublish'
      : undefined;
  if (refused) {
    logPublishRefusal(connection, will.topic, refused);
    return;
  }
  const publication = {
    ...will,
    receivedAt: core.clock.now(),
    source: { protocol: 'mqtt' as const, clientId, principal: admission.principal, sourceIp: connection.sourceIp },
  };
  if (will.retain) acceptRetained(core, publication);
  // A will has nobody to acknowledge to; the sink reports its own failures.
  route(core, publication)?.catch(() => undefined);
}
