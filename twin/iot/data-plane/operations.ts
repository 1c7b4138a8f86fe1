import { arn, type Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import {
  AwsError,
  type AwsService,
  type Caller,
  type OperationDefinition,
  type OperationInput,
} from '../../endpoint/service.ts';
import type { Broker } from '../broker/broker.ts';
import { propertiesOf } from './mqtt5-properties.ts';

/** Basic Ingest and requests to shadows are for everybody. */
const RESERVED_FOR_AWS = /^\$(?!aws\/(?:rules\/|things\/[^/]+\/shadow\/(?:name\/[^/]+\/)?(?:get|update|delete)$))/;
const MAX_PAYLOAD_BYTES = 131_072;
const DEFAULT_PAGE = 200;

const payloadOf = (input: OperationInput): Buffer =>
  Buffer.from((input['payload'] as Uint8Array | undefined) ?? new Uint8Array());

const topicArn = (input: OperationInput, account: Account): string[] => [
  arn(account, 'iot', `topic/${String(input['topic'])}`),
];
const clientArn = (input: OperationInput, account: Account): string[] => [
  arn(account, 'iot', `client/${String(input['clientId'])}`),
];

/** What SQL's `principal()` gives for a message that came through the API. */
function principalOf(caller: Caller): string {
  return caller.kind === 'role' ? `${caller.roleName}:${caller.sessionName}` : 'root';
}

function notFound(clientId: unknown): AwsError {
  return new AwsError('ResourceNotFoundException', `Client ${String(clientId)} was not found.`, 404);
}

/** One page of a list; the token is the number of items before it. */
function page<T>(items: readonly T[], input: OperationInput): { items: T[]; nextToken?: string } {
  const from = input['nextToken'] === undefined ? 0 : Number(input['nextToken']);
  if (!Number.isInteger(from) || from < 0) throw new AwsError('InvalidRequestException', 'Invalid nextToken.');
  const size = Number(input['maxResults'] ?? DEFAULT_PAGE);
  const next = from + size;
  return { items: items.slice(from, next), ...(next < items.length && { nextToken: String(next) }) };
}

function connectionOperations(broker: Broker): Record<string, OperationDefinition> {
  return {
    SendDirectMessage: {
      resources: clientArn,
      conditionKeys: (input) => ({ 'iot:Topic': String(input['topic']) }),
      async run(input) {
        const { messageExpiryInterval: _none, ...properties } = propertiesOf(input);
        const outcome = await broker.sendDirectMessage(String(input['clientId']), {
          topic: String(input['topic'] ?? ''),
          payload: payloadOf(input),
          confirmation: input['confirmation'] === true,
          timeoutSeconds: input['timeout'] as number | undefined,
          properties,
        });
        if (outcome.code) throw new AwsError(outcome.code, outcome.message, outcome.statusCode);
        return { message: outcome.message };
      },
    },
    GetConnection: {
      resources: clientArn,
      run(input) {
        const found = broker.getConnection(String(input['clientId']));
        if (!found) throw notFound(input['clientId']);
        const { sourceIp, sourcePort, ...rest } = found;
        return { ...rest, ...(input['includeSocketInformation'] === true && { sourceIp, sourcePort }) };
      },
    },
    DeleteConnection: {
      resources: clientArn,
      run(input) {
        const options = {
          cleanSession: input['cleanSession'] === true,
          preventWillMessage: input['preventWillMessage'] === true,
        };
        if (!broker.deleteConnection(String(input['clientId']), options)) throw notFound(input['clientId']);
        return {};
      },
    },
    ListSubscriptions: {
      resources: clientArn,
      run(input) {
        const found = broker.listSubscriptions(String(input['clientId']));
        if (!found) throw notFound(input['clientId']);
        const { items, nextToken } = page(found, input);
        return { subscriptions: items, nextToken };
      },
    },
  };
}

function messageOperations(broker: Broker, clock: Clock): Record<string, OperationDefinition> {
  return {
    Publish: {
      resources: topicArn,
      async run(input, context) {
        const topic = String(input['topic'] ?? '');
        const retain = input['retain'] === true;
        if (topic === '' || /[#+\0]/.test(topic))
          throw new AwsError('InvalidRequestException', `Invalid topic: ${topic}`);
        if (RESERVED_FOR_AWS.test(topic))
          throw new AwsError('UnauthorizedException', `Topic ${topic} is reserved.`, 401);
        const payload = payloadOf(input);
        if (payload.length > MAX_PAYLOAD_BYTES)
          throw new AwsError('RequestEntityTooLargeException', 'The payload exceeds 128 KB.', 413);
        if (retain) context.authorize('iot:RetainPublish', arn(context.account, 'iot', `topic/${topic}`));
        await broker.publish({
          topic,
          payload,
          qos: input['qos'] === 1 ? 1 : 0,
          retain,
          properties: propertiesOf(input),
          source: { protocol: 'http', principal: principalOf(context.caller) },
          receivedAt: clock.now(),
        });
        return {};
      },
    },
    GetRetainedMessage: {
      resources: topicArn,
      run(input) {
        const found = broker.getRetained(String(input['topic']));
        if (!found)
          throw new AwsError(
            'ResourceNotFoundException',
            `There is no retained message on ${String(input['topic'])}.`,
            404,
          );
        const { topic, payload, qos, lastModifiedTime } = found;
        return { topic, payload, qos, lastModifiedTime };
      },
    },
    ListRetainedMessages: {
      run(input) {
        const { items, nextToken } = page(broker.listRetained(), input);
        return { retainedTopics: items, nextToken };
      },
    },
  };
}

/**
 * The data plane's API (iot-data): publish, direct messages, connections, retained messages.
 *
 * @param more operations of the services behind reserved topics (shadows)
 */
export function dataPlaneService(
  broker: Broker,
  clock: Clock,
  more: Record<string, OperationDefinition> = {},
): AwsService {
  return {
    signingNames: ['iotdata', 'iotdevicegateway'],
    iamPrefix: 'iot',
    model: () => import('@aws-sdk/client-iot-data-plane') as Promise<Record<string, unknown>>,
    operations: { ...messageOperations(broker, clock), ...connectionOperations(broker), ...more },
  };
}
