import { createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import { AwsError, type OperationContext } from '../../../../twin/endpoint/service.ts';
import { CustomAuthorizers } from '../../../../twin/iot/custom-authorizers/custom-authorizers.ts';
import { endpointAuthentication } from '../../../../twin/iot/custom-authorizers/domains.ts';
import type { AuthorizerEvent } from '../../../../twin/iot/custom-authorizers/event.ts';
import { customAuthorizerOperations } from '../../../../twin/iot/custom-authorizers/operations.ts';
import { DeviceGatekeeper } from '../../../../twin/iot/gatekeeper.ts';
import { checkAuthorizer, newDomainConfiguration } from '../../../../twin/iot/registry/account-definitions.ts';
import { ConnectionRegistry } from '../../../../twin/iot/registry/connection-facts.ts';
import { Registry } from '../../../../twin/iot/registry/registry.ts';
import type { InvocationCaller, LambdaInvoker } from '../../../../twin/lambda/invoker.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { nextMessage, openFrontDoor, type FrontDoor } from '../broker/front-door.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:authorizer';
const allow = (Action: string, Resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: `arn:aws:iot:us-east-1:000000000000:${Resource}` }],
});
const GRANTED = {
  isAuthenticated: true,
  principalId: 'anna',
  disconnectAfterInSeconds: 3600,
  refreshAfterInSeconds: 300,
  policyDocuments: [
    allow('iot:Connect', 'client/phone-*'),
    allow('iot:Publish', 'topic/${iot:ClientId}/out'),
    allow('iot:Publish', 'topic/shared'),
    allow('iot:Subscribe', 'topicfilter/${iot:ClientId}/in'),
    allow('iot:Receive', 'topic/${iot:ClientId}/in'),
  ],
};

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const sign = (token: string) => createSign('SHA256').update(token).sign(keys.privateKey, 'base64');

let clock: ManualClock;
let registry: Registry;
let door: FrontDoor;
let customAuthorizers: CustomAuthorizers;
let wssPort: number;
let httpsPort: number;
let asked: { event: AuthorizerEvent; caller: InvocationCaller | undefined }[];
/** What the function answers; a test may make it late or make it fail. */
let answer: (event: AuthorizerEvent) => unknown;
const clients: MqttClient[] = [];

const lambda: LambdaInvoker = {
  async invoke(_name, event, caller) {
    asked.push({ event: event as AuthorizerEvent, caller });
    const payload = await answer(event as AuthorizerEvent);
    if (payload instanceof AwsError) throw payload;
    if (payload instanceof Error)
      return { payload: JSON.stringify({ errorMessage: payload.message }), functionError: 'Unhandled' as const };
    return { payload: JSON.stringify(payload) };
  },
};

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  asked = [];
  answer = () => GRANTED;
  registry = new Registry(openStore(':memory:'), DEFAULT_ACCOUNT, clock);
  createAuthorizer('unsigned', { signingDisabled: true });
  customAuthorizers = new CustomAuthorizers({ registry, lambda, clock });
  door = await openFrontDoor({
    clock,
    gatekeeper: new DeviceGatekeeper({
      account: DEFAULT_ACCOUNT,
      connections: new ConnectionRegistry(registry),
      onChange: (listener) => void registry.changes.subscribe(listener),
      authorizeSigned: () => false,
      custom: {
        endpointOf: (request) => endpointAuthentication(registry, request),
        admit: (request, endpoint) => customAuthorizers.admit(request, endpoint),
      },
    }),
  });
  const { server } = door.certificates;
  const tls = { port: 0, key: server.key, cert: server.cert };
  ({ port: wssPort } = await door.broker.listenWebSocket(tls));
  ({ port: httpsPort } = await door.broker.listenHttps({ ...tls, requestCert: false }));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  await door.close();
});

function createAuthorizer(name: string, more: Parameters<typeof checkAuthorizer>[0]): void {
  registry.definitions.authorizers.create(
    name,
    checkAuthorizer({ authorizerFunctionArn: FUNCTION_ARN, status: 'ACTIVE', ...more }),
  );
}

function createSigned(): void {
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  createAuthorizer('signed', { tokenKeyName: 'tok', tokenSigningPublicKeys: { Key: publicKey } });
}

async function overWebSocket(options: IClientOptions = {}, query = ''): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`wss://localhost:${wssPort}/mqtt${query}`, {
    clientId: 'phone-1',
    username: '?x-amz-customauthorizer-name=unsigned',
    password: 'secret',
    keepalive: 1200,
    protocolVersion: 5,
    reconnectPeriod: 0,
    ...options,
    wsOptions: { ca: door.certificates.ca, ...options.wsOptions },
  });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

const overTls = (options: IClientOptions): Promise<MqttClient> =>
  door.client('phone-1', { cert: undefined, key: undefined, ALPNProtocols: ['mqtt'], ...options });

const refusal = (connecting: Promise<MqttClient>): Promise<{ code?: number }> =>
  connecting.then(
    () => ({}),
    (error: { code?: number }) => error,
  );

/** The reason of the last refusal, as the log has it. */
const loggedReason = (): string => String(door.log.findLast(({ status }) => status === 'Failure')?.details);

interface HttpAnswer {
  readonly status: number;
  readonly body: { message: string };
}

function post(path: string, headers: Record<string, string>, agent: Agent | false = false): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: 'localhost', port: httpsPort, path, method: 'POST', headers, ca: door.certificates.ca, agent },
      (response) => {
        let text = '';
        response.on('data', (part) => (text += part));
        response.on('end', () =>
          resolve({ status: response.statusCode!, body: JSON.parse(text) as { message: string } }),
        );
      },
    );
    request.on('error', reject);
    request.end('hello');
  });
}

describe('an authorizer', () => {
  test('is told what AWS tells it, and the function is called as AWS IoT on its behalf', async () => {
    await overWebSocket({}, '?area=u33');
    expect(asked).toHaveLength(1);
    expect(asked[0]!.event).toEqual({
      signatureVerified: false,
      protocols: ['tls', 'http', 'mqtt'],
      protocolData: {
        tls: { serverName: 'localhost' },
        http: { headers: expect.objectContaining({ 'sec-websocket-protocol': 'mqtt' }), queryString: '?area=u33' },
        mqtt: {
          username: '?x-amz-customauthorizer-name=unsigned',
          password: Buffer.from('secret').toString('base64'),
          clientId: 'phone-1',
        },
      },
      connectionMetadata: { id: expect.any(String) },
    });
    expect(asked[0]!.caller).toEqual({
      service: 'iot.amazonaws.com',
      sourceArn: 'arn:aws:iot:us-east-1:000000000000:authorizer/unsigned',
    });
  });

  test.each<[string, () => Promise<MqttClient>]>([
    ['MQTT over TLS by user name', () => overTls({ username: 'anna?x-amz-customauthorizer-name=unsigned' })],
    ['MQTT over WebSocket by user name', () => overWebSocket()],
    [
      'MQTT over WebSocket by query',
      () => overWebSocket({ username: undefined, password: undefined }, '?x-amz-customauthorizer-name=unsigned'),
    ],
    [
      'MQTT over WebSocket by header',
      () =>
        overWebSocket({
          username: undefined,
          password: undefined,
          wsOptions: { headers: { 'X-Amz-CustomAuthorizer-Name': 'unsigned' } },
        }),
    ],
  ])('lets a client in over %s, to what its policies allow', async (_how, connect) => {
    const client = await connect();
    await client.subscribeAsync('phone-1/in', { qos: 1 });
    const message = nextMessage(client);
    await door.broker.publish({
      topic: 'phone-1/in',
      payload: Buffer.from('hi'),
      qos: 1,
      retain: false,
      source: { protocol: 'service' },
      receivedAt: 0,
    });
    expect((await message).text).toBe('hi');
    await client.publishAsync('phone-1/out', 'x', { qos: 1 });
    expect(door.ingested.find(({ topic }) => topic === 'phone-1/out')!.source).toMatchObject({ principal: 'anna' });
  });

  test("refuses another's topics, with the policy in the log", async () => {
    const client = await overWebSocket();
    await expect(client.publishAsync('phone-2/out', 'x', { qos: 1 })).rejects.toMatchObject({ code: 135 });
    expect(loggedReason()).toContain('policy document 2 of the authorizer');
    await expect(client.subscribeAsync('phone-2/in')).rejects.toThrow();
  });

  test('needs iot:Connect in its policies, and the will in them too', async () => {
    expect((await refusal(overWebSocket({ clientId: 'laptop' }))).code).toBe(135);
    expect(loggedReason()).toContain('iot:Connect');
    const will = { topic: 'phone-2/out', payload: Buffer.from('gone'), qos: 0 as const, retain: false };
    expect((await refusal(overWebSocket({ will }))).code).toBe(135);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['says no', () => ({ isAuthenticated: false }), /did not authenticate/],
    ['fails', () => new Error('bug'), /failed: .*bug/],
    [
      'may not be invoked',
      () => new AwsError('AccessDeniedException', 'no permission', 403),
      /could not be invoked: no permission/,
    ],
    ['answers nothing', () => null, /did not answer a JSON object/],
    ['answers too many policies', () => ({ ...GRANTED, policyDocuments: Array(11).fill({}) }), /11 documents/],
  ])('whose function %s lets nobody in', async (_what, next, reason) => {
    answer = next;
    expect((await refusal(overWebSocket())).code).toBe(135);
    expect(loggedReason()).toMatch(reason);
  });

  test('whose function takes longer than five seconds lets nobody in', async () => {
    answer = () => new Promise(() => undefined);
    const refused = refusal(overWebSocket());
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_000);
    expect((await refused).code).toBe(135);
    expect(loggedReason()).toContain('longer than 5 seconds');
  });

  test.each<[string, () => void, RegExp]>([
    ['does not exist', () => registry.definitions.authorizers.delete('unsigned'), /there is no authorizer unsigned/],
    ['is not ACTIVE', () => registry.definitions.authorizers.update('unsigned', { status: 'INACTIVE' }), /not ACTIVE/],
  ])('that %s lets nobody in, and no function is called', async (_what, change, reason) => {
    change();
    expect((await refusal(overWebSocket())).code).toBe(135);
    expect(loggedReason()).toMatch(reason);
    expect(asked).toEqual([]);
  });
});

describe('an authorizer with signing', () => {
  const connect = (parameters: Record<string, string>) =>
    overTls({ username: `u?${new URLSearchParams({ 'x-amz-customauthorizer-name': 'signed', ...parameters })}` });

  beforeEach(createSigned);

  test('hands over a token whose signature one of its keys confirms', async () => {
    await connect({ tok: 'anna', 'x-amz-customauthorizer-signature': sign('anna') });
    expect(asked[0]!.event).toMatchObject({ token: 'anna', signatureVerified: true });
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['no token', { 'x-amz-customauthorizer-signature': sign('anna') }, /no token under the name tok/],
    ['no signature', { tok: 'anna' }, /no x-amz-customauthorizer-signature/],
    ["another token's signature", { tok: 'bob', 'x-amz-customauthorizer-signature': sign('anna') }, /matches none/],
  ])('calls no function for %s', async (_what, parameters, reason) => {
    expect((await refusal(connect(parameters))).code).toBe(5);
    expect(loggedReason()).toMatch(reason);
    expect(asked).toEqual([]);
  });
});

describe('who names no authorizer', () => {
  const nameless = { username: 'anna' };

  test('is refused where none is the default', async () => {
    expect((await refusal(overWebSocket(nameless))).code).toBe(134);
    expect(loggedReason()).toContain("an authorizer's name");
  });

  test("is the account's default authorizer's (SetDefaultAuthorizer)", async () => {
    registry.settings.setDefaultAuthorizer('unsigned');
    await overWebSocket(nameless);
    expect(asked[0]!.caller!.sourceArn).toMatch(/authorizer\/unsigned$/);
  });

  test('is the default authorizer’s of an AWS-managed domain before the account’s', async () => {
    createAuthorizer('of-domain', { signingDisabled: true });
    registry.settings.setDefaultAuthorizer('unsigned');
    createDomain({ authorizerConfig: { defaultAuthorizerName: 'of-domain' } });
    await overWebSocket(nameless);
    expect(asked[0]!.caller!.sourceArn).toMatch(/authorizer\/of-domain$/);
  });
});

function createDomain(value: Parameters<typeof newDomainConfiguration>[0]): void {
  registry.definitions.domainConfigurations.create('phones', newDomainConfiguration(value, clock.now()));
}

describe("a customer's domain", () => {
  const CUSTOM = {
    domainName: 'localhost',
    serverCertificateArns: ['arn:aws:acm:us-east-1:000000000000:certificate/x'],
  };

  test.each([
    ['may not be replaced by the client unless it says so', false, 'of-domain'],
    ['may be replaced by the client where it says so', true, 'unsigned'],
  ])('has a default authorizer that %s', async (_how, allowAuthorizerOverride, expected) => {
    createAuthorizer('of-domain', { signingDisabled: true });
    createDomain({ ...CUSTOM, authorizerConfig: { defaultAuthorizerName: 'of-domain', allowAuthorizerOverride } });
    await overWebSocket();
    expect(asked[0]!.caller!.sourceArn).toMatch(new RegExp(`authorizer/${expected}$`));
  });

  test('that is DISABLED is none', async () => {
    createDomain({
      ...CUSTOM,
      domainConfigurationStatus: 'DISABLED',
      authorizerConfig: { defaultAuthorizerName: 'unsigned' },
    });
    expect((await refusal(overWebSocket({ username: 'anna' }))).code).toBe(134);
  });

  test.each<[string, string]>([
    ['AWS_X509', 'a certificate'],
    ['AWS_SIGV4', 'an AWS signature'],
    ['CUSTOM_AUTH_X509', 'a certificate'],
  ])('with %s takes no client that has only an authorizer', async (authenticationType, lacking) => {
    createDomain({ ...CUSTOM, authenticationType });
    expect((await refusal(overWebSocket())).code).toBe(134);
    expect(loggedReason()).toContain(lacking);
    expect(asked).toEqual([]);
  });

  test('with CUSTOM_AUTH asks the authorizer even where a certificate was presented', async () => {
    createDomain({ ...CUSTOM, authenticationType: 'CUSTOM_AUTH' });
    await door.client('phone-1', { username: '?x-amz-customauthorizer-name=unsigned' });
    expect(asked[0]!.event.protocolData.tls).toEqual({ serverName: 'localhost' });
  });

  test('with CUSTOM_AUTH_X509 asks for a registered certificate and hands it to the authorizer', async () => {
    createDomain({ ...CUSTOM, authenticationType: 'CUSTOM_AUTH_X509' });
    const connect = () => door.client('phone-1', { username: '?x-amz-customauthorizer-name=unsigned' });
    expect((await refusal(connect())).code).toBe(5);
    expect(loggedReason()).toContain('is not registered');
    registry.certificates.register({ certificatePem: door.vehicle.cert, status: 'ACTIVE' });
    await connect();
    expect(asked[0]!.event.protocolData.tls).toMatchObject({
      x509CertificatePem: expect.stringContaining('BEGIN CERTIFICATE'),
      principalId: door.vehicle.certificateId,
    });
  });
});

describe('a connection of an authorizer', () => {
  /** Lets time pass in steps that the keep-alive survives. */
  async function pass(seconds: number, client: MqttClient): Promise<void> {
    for (let left = seconds; left > 0; left -= 150) {
      await clock.advance(Math.min(150, left) * 1000);
      if (left > 150 && client.connected) await client.publishAsync('phone-1/out', '', { qos: 1 });
    }
  }

  test('is ended after disconnectAfterInSeconds, which no refresh moves', async () => {
    const client = await overWebSocket();
    const disconnected = once(client as unknown as NodeJS.EventEmitter, 'disconnect');
    await pass(3599, client);
    expect(client.connected).toBe(true);
    await clock.advance(1_000);
    const [packet] = (await disconnected) as [{ reasonCode: number }];
    expect(packet.reasonCode).toBe(0x98);
    expect(door.broker.getConnection('phone-1')).toMatchObject({ disconnectReason: 'CUSTOMAUTH_TTL_EXPIRATION' });
  });

  test('gets its policies anew after refreshAfterInSeconds', async () => {
    const client = await overWebSocket();
    await client.publishAsync('shared', 'x', { qos: 1 });
    answer = () => ({ ...GRANTED, policyDocuments: GRANTED.policyDocuments.slice(0, 2) });
    await client.publishAsync('shared', 'x', { qos: 1 });
    await clock.advance(300_000);
    await expect(client.publishAsync('shared', 'x', { qos: 1 })).rejects.toMatchObject({ code: 135 });
    expect(asked).toHaveLength(2);
    answer = () => GRANTED;
    await clock.advance(300_000);
    await client.publishAsync('shared', 'x', { qos: 1 });
  });

  test.each<[string, () => unknown]>([
    ['no longer authenticates it', () => ({ isAuthenticated: false })],
    ['fails', () => new Error('bug')],
  ])('is ended by a refresh that %s', async (_what, next) => {
    const client = await overWebSocket();
    const disconnected = once(client as unknown as NodeJS.EventEmitter, 'disconnect');
    answer = next;
    await clock.advance(300_000);
    const [packet] = (await disconnected) as [{ reasonCode: number }];
    expect(packet.reasonCode).toBe(0x87);
    expect(door.broker.getConnection('phone-1')).toMatchObject({ disconnectReason: 'AUTH_ERROR' });
  });

  test('asks for no refresh once it has ended', async () => {
    const client = await overWebSocket();
    await client.endAsync();
    await clock.advance(3_600_000);
    expect(asked).toHaveLength(1);
  });
});

describe('an HTTPS publish', () => {
  const headers = { 'x-amz-customauthorizer-name': 'unsigned', authorization: 'Bearer t' };

  test.each<[string, string, Record<string, string>]>([
    ['headers', '/topics/shared?qos=1', headers],
    ['query parameters', '/topics/shared?qos=1&x-amz-customauthorizer-name=unsigned', {}],
  ])('with its authorizer in %s reaches subscribers and rules', async (_where, path, given) => {
    expect(await post(path, given)).toMatchObject({ status: 200 });
    expect(door.ingested[0]).toMatchObject({ topic: 'shared', source: { protocol: 'http', principal: 'anna' } });
    expect(asked[0]!.event.protocols).toEqual(['tls', 'http']);
  });

  test('is refused where the policies do not allow it, or nobody vouches for it', async () => {
    expect(await post('/topics/other', headers)).toMatchObject({ status: 403 });
    answer = () => ({ isAuthenticated: false });
    expect(await post('/topics/shared', headers)).toMatchObject({ status: 403, body: { message: 'Forbidden' } });
    expect(await post('/topics/shared', {})).toMatchObject({ status: 403 });
    expect(door.ingested).toEqual([]);
  });

  test('asks the function every time, even on one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let time = 0; time < 3; time += 1) await post('/topics/shared', headers, agent);
    expect(asked).toHaveLength(3);
    agent.destroy();
  });

  test('with caching asks once a connection and credentials, and again when it is time to refresh', async () => {
    registry.definitions.authorizers.update('unsigned', { enableCachingForHttp: true });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const times = async (count: number, given = headers) => {
      for (let time = 0; time < count; time += 1) expect((await post('/topics/shared', given, agent)).status).toBe(200);
    };
    await times(3);
    expect(asked).toHaveLength(1);
    await times(1, { ...headers, authorization: 'Bearer other' });
    expect(asked).toHaveLength(2);
    await times(2);
    expect(asked).toHaveLength(3);
    await clock.advance(300_000);
    await times(1);
    expect(asked).toHaveLength(4);
    await post('/topics/shared', headers);
    expect(asked).toHaveLength(5);
    agent.destroy();
  });
});

describe('TestInvokeAuthorizer', () => {
  const run = (input: object) =>
    customAuthorizerOperations(registry, customAuthorizers)['TestInvokeAuthorizer']!.run(
      { authorizerName: 'unsigned', ...input },
      {} as OperationContext,
    );

  test('answers what a client would get, and sends the function the same event', async () => {
    const result = await run({
      httpContext: { headers: { A: 'b' }, queryString: '?c=d' },
      mqttContext: { username: 'anna', password: Buffer.from('test'), clientId: 'phone-1' },
      tlsContext: { serverName: 'example.com' },
    });
    expect(result).toEqual({
      isAuthenticated: true,
      principalId: 'anna',
      policyDocuments: GRANTED.policyDocuments.map((each) => JSON.stringify(each)),
      disconnectAfterInSeconds: 3600,
      refreshAfterInSeconds: 300,
    });
    expect(asked[0]!.event).toMatchObject({
      protocols: ['tls', 'http', 'mqtt'],
      protocolData: {
        tls: { serverName: 'example.com' },
        http: { headers: { a: 'b' }, queryString: '?c=d' },
        mqtt: { username: 'anna', password: 'dGVzdA==', clientId: 'phone-1' },
      },
    });
  });

  test('checks the signature of the token', async () => {
    createSigned();
    await run({ authorizerName: 'signed', token: 'anna', tokenSignature: sign('anna') });
    expect(asked[0]!.event).toMatchObject({ token: 'anna', signatureVerified: true });
    await expect(run({ authorizerName: 'signed', token: 'anna', tokenSignature: 'AAAA' })).rejects.toMatchObject({
      code: 'InvalidRequestException',
    });
  });

  test('tests an authorizer that is not ACTIVE yet', async () => {
    registry.definitions.authorizers.update('unsigned', { status: 'INACTIVE' });
    expect(await run({})).toMatchObject({ isAuthenticated: true });
  });

  test('says that a client would not be authenticated, or that the answer is of no use', async () => {
    answer = () => ({ isAuthenticated: false });
    expect(await run({})).toEqual({ isAuthenticated: false });
    answer = () => ({ isAuthenticated: true });
    await expect(run({})).rejects.toMatchObject({ code: 'InvalidResponseException' });
    await expect(run({ authorizerName: 'none' })).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
  });
});
