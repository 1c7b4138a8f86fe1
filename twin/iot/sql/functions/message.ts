import { randomUUID } from 'node:crypto';

import { toIndex } from '../conversion.ts';
import type { Frame } from '../frame.ts';
import type { Value } from '../value.ts';
import { context, special, type SqlFunction } from './definition.ts';

function topic(frame: Frame, ...segments: Value[]): Value {
  const { topic: whole } = frame.message;
  if (segments.length === 0) return whole;
  const index = toIndex(segments[0]);
  return index === undefined || index < 1 ? undefined : levelOf(whole, index);
}

/** The level without the array of all levels, which each message's key would cost. */
function levelOf(topic: string, number: number): string | undefined {
  let start = 0;
  for (let level = 1; level < number; level += 1) {
    start = topic.indexOf('/', start) + 1;
    if (start === 0) return undefined;
  }
  const end = topic.indexOf('/', start);
  return end === -1 ? topic.slice(start) : topic.slice(start, end);
}

function mqttProperty(frame: Frame, name: Value): Value {
  const properties = frame.message.properties;
  switch (name) {
    case 'content_type':
      return properties?.contentType;
    case 'format_indicator':
      return properties?.payloadFormatIndicator ? 'UTF8_DATA' : 'UNSPECIFIED_BYTES';
    case 'response_topic':
      return properties?.responseTopic;
    case 'correlation_data':
      return properties?.correlationData?.toString('base64');
    default:
      return undefined;
  }
}

function userProperties(frame: Frame, ...keys: Value[]): Value {
  const pairs = frame.message.properties?.userProperties ?? [];
  if (keys.length === 0) return pairs.length === 0 ? undefined : pairs.map(([key, value]) => ({ [key]: value }));
  const values = pairs.filter(([key]) => key === keys[0]).map(([, value]) => value);
  return values.length === 0 ? undefined : values;
}

/** What the message and the rule say of themselves (Developer Guide, "Functions"). */
export const MESSAGE: readonly SqlFunction[] = [
  context('topic', '2015-10-08', [0, 1], topic),
  context('clientid', '2015-10-08', [0, 0], ({ message: { source } }) =>
    source.protocol === 'mqtt' ? (source.clientId ?? 'n/a') : 'n/a',
  ),
  context('principal', '2015-10-08', [0, 0], ({ message }) => message.source.principal),
  context('accountid', '2015-10-08', [0, 0], ({ message }) => message.accountId),
  context('traceid', '2015-10-08', [0, 0], ({ message }) =>
    message.source.protocol === 'mqtt' ? message.traceId : undefined,
  ),
  context('sourceip', '2016-03-23', [0, 0], ({ message }) => message.source.sourceIp),
  context('timestamp', '2015-10-08', [0, 0], ({ message }) => message.receivedAt),
  context('newuuid', '2015-10-08', [0, 0], (frame) => frame.record(() => randomUUID())),
  context('get_mqtt_property', '2016-03-23', [1, 1], mqttProperty),
  context('get_user_properties', '2016-03-23', [0, 1], userProperties),
  special(
    'sql_version',
    '2015-10-08',
    [0, 0],
    (_call, { version }) =>
      () =>
        version,
  ),
];
