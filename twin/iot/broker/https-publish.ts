import type { IncomingMessage } from 'node:http';

import type { Publication, PublicationProperties } from '../publication.ts';
import type { BrokerCore } from './core.ts';
import { acceptRetained, hasOutboundRoom, route } from './fan-out.ts';
import { admitHttps, HttpRefusal, readBody, type HttpTarget } from './https-admission.ts';
import type { Admission, BrokerAction } from './ports.ts';
import { boundExpiry, exceedsPropertyLimits } from './publication-properties.ts';
import { publishToService } from './service-requests.ts';
import { isServiceTopic, isTopicName, isWithinLimits } from './topics.ts';

/** `POST /topics/<url-encoded topic>?qos=&retain=` (developer guide, "HTTPS"; API reference, "Publish"). */
export async function publishOverHttps(
  core: BrokerCore,
  request: IncomingMessage,
  { path, query }: HttpTarget,
): Promise<void> {
  if (request.method !== 'POST') throw new HttpRefusal(405, 'MethodNotAllowedException', 'Publish with POST.');
  const topic = decodeTopic(path.slice('/topics/'.length));
  const qos = query.get('qos') ?? '0';
  if (qos !== '0' && qos !== '1') throw new HttpRefusal(400, 'InvalidRequestException', 'qos must be 0 or 1.');
  if (
    !isTopicName(topic) ||
    !isWithinLimits(topic, core.quotas) ||
    (topic.startsWith('$') && !topic.startsWith('$aws/'))
  ) {
    throw new HttpRefusal(400, 'InvalidRequestException', `Invalid topic: ${topic}`);
  }
  const payload = await readBody(request, core.quotas.payloadBytes);
  const retain = query.get('retain') === 'true';
  const clientId = query.get('clientId') ?? '';
  const { admission, sourceIp } = await admitHttps(core, request, { path, payload, clientId });
  authorize(core, admission, 'iot:Publish', topic, sourceIp);
  if (retain) authorize(core, admission, 'iot:RetainPublish', topic, sourceIp);
  if (!core.rates.inbound.take(core.clock.now()) || !hasOutboundRoom(core))
    throw new HttpRefusal(429, 'ThrottlingException', 'Too many requests');
  const properties = propertiesOf(request, query, admission);
  if (properties && exceedsPropertyLimits(properties, core.quotas)) {
    throw new HttpRefusal(400, 'InvalidRequestException', 'A property exceeds its limit.');
  }
  core.counters.messagesIn += 1;
  const publication: Publication = {
    topic,
    payload,
    qos: qos === '1' ? 1 : 0,
    retain,
    properties,
    source: {
      protocol: 'http',
      principal: admission.principal,
      sourceIp,
      ...(clientId && { clientId }),
    },
    receivedAt: core.clock.now(),
  };
  if (retain && !topic.startsWith('$') && !acceptRetained(core, publication))
    throw new HttpRefusal(429, 'ThrottlingException', 'Too many retained messages');
  if (isServiceTopic(topic)) await toService(core, publication, admission);
  else await route(core, publication);
}

function authorize(
  core: BrokerCore,
  admission: Admission,
  action: BrokerAction,
  topicName: string,
  sourceIp: string,
): void {
  if (admission.authorize(action, topicName)) return;
  if (core.log.enabled('ERROR')) {
    core.log.write({
      logLevel: 'ERROR',
      eventType: 'Publish-In',
      status: 'Failure',
      protocol: 'HTTP',
      principalId: admission.principal,
      sourceIp,
      topicName,
      reason: 'AUTHORIZATION_FAILED',
      details: admission.explain?.(action, topicName) ?? `${action} on ${topicName} is not allowed`,
    });
  }
  throw new HttpRefusal(403, 'ForbiddenException', 'Forbidden');
}

/** Over HTTPS there is no connection to answer on: replies to the requester alone are not delivered. */
async function toService(core: BrokerCore, publication: Publication, admission: Admission): Promise<void> {
  const { source, topic } = publication;
  const { principal, thingName } = admission;
  const requester = { clientId: source.clientId ?? '', principal, thingName, protocol: 'http' as const };
  if ((await publishToService(core, publication, requester)) === 'unsupported')
    throw new HttpRefusal(400, 'InvalidRequestException', `Invalid topic: ${topic}`);
}

function decodeTopic(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new HttpRefusal(400, 'InvalidRequestException', 'The topic is not URL-encoded.');
  }
}

/** MQTT 5 properties of the Publish API: query parameters, and headers for what is JSON or binary. */
function propertiesOf(
  request: IncomingMessage,
  query: URLSearchParams,
  admission: Admission,
): PublicationProperties | undefined {
  const header = (name: string): string | undefined => [request.headers[name]].flat()[0];
  const format = header('x-amz-mqtt5-payload-format-indicator');
  const correlation = header('x-amz-mqtt5-correlation-data');
  const expiry = query.get('messageExpiry');
  const contentType = query.get('contentType');
  const responseTopic = query.get('responseTopic');
  if (expiry !== null && !/^\d{1,10}$/.test(expiry))
    throw new HttpRefusal(400, 'InvalidRequestException', 'messageExpiry must be a number of seconds.');
  const userProperties = [
    ...userPropertiesOf(header('x-amz-mqtt5-user-properties')),
    ...(admission.propagatedUserProperties ?? []),
  ];
  const properties: PublicationProperties = {
    ...(format !== undefined && { payloadFormatIndicator: format === 'UTF8_DATA' }),
    ...(correlation !== undefined && { correlationData: Buffer.from(correlation, 'base64') }),
    ...(expiry !== null && { messageExpiryInterval: boundExpiry(Number(expiry)) }),
    ...(contentType !== null && { contentType }),
    ...(responseTopic !== null && { responseTopic }),
    ...(userProperties.length > 0 && { userProperties }),
  };
  return Object.keys(properties).length > 0 ? properties : undefined;
}

/** Base64 of a JSON array of one-member objects: `[{"key":"value"}, …]`. */
function userPropertiesOf(encoded: string | undefined): [string, string][] {
  if (encoded === undefined) return [];
  try {
    const parsed = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as unknown;
    if (!Array.isArray(parsed)) throw new Error('not an array');
    return parsed.flatMap((each: unknown) =>
      Object.entries(each as Record<string, unknown>).map(([key, value]): [string, string] => [key, String(value)]),
    );
  } catch {
    throw new HttpRefusal(400, 'InvalidRequestException', 'x-amz-mqtt5-user-properties is not base64-encoded JSON.');
  }
}
