import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { randomUUID } from 'node:crypto';

import type { SignedRequest } from '../../endpoint/sigv4.ts';
import type { Publication, PublicationProperties } from '../publication.ts';
import type { BrokerCore } from './core.ts';
import { acceptRetained, hasOutboundRoom, route } from './fan-out.ts';
import { httpContext } from './http-front.ts';
import type { Admission, BrokerAction, VerifiedSignature } from './ports.ts';
import { boundExpiry, exceedsPropertyLimits } from './publication-properties.ts';
import { verifySignedRequest } from './signed-request.ts';
import { peerOf } from './tls-front.ts';
import { isServiceTopic, isShadowTopic, isTopicName, isWithinLimits } from './topics.ts';

/** An answer in the form of the iot-data API: status, exception name, text. */
class HttpRefusal extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}

/** `POST /topics/<url-encoded topic>?qos=&retain=` (developer guide, "HTTPS"; API reference, "Publish"). */
export async function answerHttp(core: BrokerCore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const traceId = randomUUID();
  const answer = (statusCode: number, body: Record<string, unknown>, code?: string): void => {
    const text = JSON.stringify(body);
    response.writeHead(statusCode, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'x-amzn-requestid': traceId,
      ...(code && { 'x-amzn-errortype': code }),
    });
    response.end(text);
  };
  try {
    await publish(core, request);
    answer(200, { message: 'OK', traceId });
  } catch (error) {
    if (error instanceof HttpRefusal) answer(error.statusCode, { message: error.message, traceId }, error.code);
    else answer(500, { message: 'Internal failure', traceId }, 'InternalFailureException');
  }
}

async function publish(core: BrokerCore, request: IncomingMessage): Promise<void> {
  const [path = '', queryString = ''] = (request.url ?? '').split('?', 2);
  if (!path.startsWith('/topics/'))
    throw new HttpRefusal(404, 'ResourceNotFoundException', 'There is no such resource.');
  if (request.method !== 'POST') throw new HttpRefusal(405, 'MethodNotAllowedException', 'Publish with POST.');
  const topic = decodeTopic(path.slice('/topics/'.length));
  const query = new URLSearchParams(queryString);
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
  const peer = peerOf(request.socket as TLSSocket);
  const retain = query.get('retain') === 'true';
  const clientId = query.get('clientId') ?? '';
  const http = httpContext(request);
  const signature = await checkSignature(core, { method: 'POST', path, body: payload, ...http }, peer.sourceIp);
  const admission = await core.gatekeeper.admit({
    ...peer,
    transport: 'https',
    clientId,
    http,
    httpConnection: request.socket,
    ...(signature && { signature }),
    cleanStart: true,
    persistent: false,
  });
  if ('refused' in admission) {
    logRefusal(core, 'AUTHENTICATION_FAILED', admission.detail, peer.sourceIp);
    throw new HttpRefusal(403, 'ForbiddenException', 'Forbidden');
  }
  authorize(core, admission, 'iot:Publish', topic, peer.sourceIp);
  if (retain) authorize(core, admission, 'iot:RetainPublish', topic, peer.sourceIp);
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
      sourceIp: peer.sourceIp,
      ...(clientId && { clientId }),
    },
    receivedAt: core.clock.now(),
  };
  if (retain && !topic.startsWith('$') && !acceptRetained(core, publication))
    throw new HttpRefusal(429, 'ThrottlingException', 'Too many retained messages');
  if (isServiceTopic(topic)) await toService(core, publication, admission);
  else await route(core, publication);
}

async function checkSignature(
  core: BrokerCore,
  request: SignedRequest,
  sourceIp: string,
): Promise<VerifiedSignature | undefined> {
  const signature = await verifySignedRequest(request, core.signingCredentials, core.clock);
  if (!signature || !('invalid' in signature)) return signature;
  logRefusal(core, 'AUTHENTICATION_FAILED', signature.invalid, sourceIp);
  throw new HttpRefusal(403, 'ForbiddenException', signature.invalid);
}

function logRefusal(core: BrokerCore, reason: string, details: string, sourceIp: string): void {
  if (!core.log.enabled('ERROR')) return;
  const entry = { logLevel: 'ERROR', eventType: 'Publish-In', status: 'Failure', protocol: 'HTTP' } as const;
  core.log.write({ ...entry, reason, details, sourceIp });
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
  const requester = {
    clientId: publication.source.clientId ?? '',
    principal: admission.principal,
    thingName: admission.thingName,
    protocol: 'http' as const,
  };
  const replies = (await core.reservedTopics?.handle(publication, requester)) ?? 'unsupported';
  if (replies === 'unsupported')
    throw new HttpRefusal(400, 'InvalidRequestException', `Invalid topic: ${publication.topic}`);
  if (replies === 'not reserved' || isShadowTopic(publication.topic)) await route(core, publication);
  if (replies === 'not reserved') return;
  for (const { topic, payload, to } of replies) {
    if (to === 'subscribers')
      await route(core, {
        topic,
        payload,
        qos: publication.qos,
        retain: false,
        source: { protocol: 'service' },
        receivedAt: core.clock.now(),
      });
  }
}

function decodeTopic(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new HttpRefusal(400, 'InvalidRequestException', 'The topic is not URL-encoded.');
  }
}

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > limit) throw new HttpRefusal(413, 'RequestEntityTooLargeException', 'The payload exceeds 128 KB.');
    parts.push(part);
  }
  return Buffer.concat(parts, length);
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
