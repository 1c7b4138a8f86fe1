import { createHash } from 'node:crypto';
import { topics, uplinkTopics } from './topics.ts';

/** What phones pass as `x-amz-customauthorizer-name` where their endpoint has no default authorizer. */
export const PHONE_AUTHORIZER = 'iov-phone';

/**
 * Parameter that carries the user's token (a JWT of the environment's OpenID Connect provider) in the MQTT user name's query string, the
 * HTTP query or a header. An MQTT password or `Authorization: Bearer` may carry it as well.
 */
export const TOKEN_PARAMETER = 'token';

/** Parameter with the area whose broadcasts the phone wants to hear; a header of this name begins with `x-iov-`. */
export const AREA_PARAMETER = 'area';

/** The first characters of a geohash: a rectangle of 39 km by 20 km with four, of 5 km by 5 km with five. */
export const PHONE_AREA_PATTERN = '^[0-9b-hjkmnp-z]{4,5}$';

/** Key of a user in the ownership table: `sub` is unique with its issuer alone. */
export function ownerKey(issuer: string, subject: string): string {
  return `${issuer}#${subject}`;
}

/** A user in client ids, topics and logs: letters and digits, and neither name nor address. */
export function phoneUserId(issuer: string, subject: string): string {
  return createHash('sha256').update(ownerKey(issuer, subject)).digest('hex').slice(0, 32);
}

/**
 * MQTT client id of one installation of the app, and the thing name in its topics.
 * @param installation up to 25 letters, digits and hyphens that tell the user's phones apart
 */
export function phoneClientId(userId: string, installation: string): string {
  return `phone-${userId}-${installation}`;
}

/** What a phone publishes to, over MQTT or HTTPS. */
export const phoneTopics = {
  telemetry: (clientId: string) => uplinkTopics.telemetry('phone', clientId),
  event: (clientId: string) => uplinkTopics.event('phone', clientId),
} as const;

/**
 * What a vehicle tells its owners' phones. An event that is for them too is published on the ordinary topic: the rule `events` takes it as
 * well, so it reaches Kafka; one by Basic Ingest goes to Kafka alone. The last will is such an event.
 */
export function ownerTopic(thing: string): string {
  return topics.event('vehicle', thing);
}
