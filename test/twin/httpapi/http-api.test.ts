import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { ManualClock } from '../../../twin/clock.ts';
import { createTokenEndpoint } from '../../../twin/cognito/token-endpoint.ts';
import { cognitoProviders } from '../../../twin/cognito/providers.ts';
import { UserPools } from '../../../twin/cognito/user-pools.ts';
import type { ResourceProvider } from '../../../twin/cloudformation/provider.ts';
import { HttpApis } from '../../../twin/httpapi/http-apis.ts';
import { JwtVerifier } from '../../../twin/httpapi/jwt-authorizer.ts';
import { httpApiProviders } from '../../../twin/httpapi/providers.ts';
import { inOrderOfSelection, selectRoute } from '../../../twin/httpapi/routing.ts';
import { createHttpApiServer } from '../../../twin/httpapi/server.ts';
import type { InvocationCaller } from '../../../twin/lambda/invoker.ts';
import { openStore } from '../../../twin/state/store.ts';

const SCOPE = 'iov/commands.write';

describe('an HTTP API with a JWT authorizer on a user pool', () => {
  const clock = new ManualClock();
  let servers: Server[];
  let url: string;
  let tokenUrl: string;
  let client: { id: string; secret: string };
  let calls: { functionName: string; event: Record<string, never>; caller?: InvocationCaller }[];
  let answer: string;
  let functionError: 'Unhandled' | undefined;
  let never: boolean;

  async function create(providers: ResourceProvider[], type: string, properties: Record<string, unknown>) {
    const provider = providers.find((candidate) => candidate.type === type)!;
    return provider.create({
      stackName: 's',
      stackId: 'i',
      logicalId: `L${Math.random()}`,
      type,
      properties,
      account: DEFAULT_ACCOUNT,
      assemblyFolder: '/',
    });
  }

  async function listen(server: Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function token(scope?: string): Promise<string> {
    const response = await fetch(`${tokenUrl}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  beforeEach(async () => {
    servers = [];
    calls = [];
    answer = '{"statusCode":202,"headers":{"X-Made":"yes"},"body":"made"}';
    functionError = undefined;
    never = false;
    const store = openStore(':memory:');
    const userPools = new UserPools({ account: DEFAULT_ACCOUNT, clock, store });
    const cognito = cognitoProviders(userPools);
    const pool = await create(cognito, 'AWS::Cognito::UserPool', { UserPoolName: 'apps' });
    const made = await create(cognito, 'AWS::Cognito::UserPoolClient', {
      UserPoolId: pool.physicalId,
      GenerateSecret: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: [SCOPE, 'iov/read'],
      AccessTokenValidity: 60,
      TokenValidityUnits: { AccessToken: 'minutes' },
    });
    client = { id: made.physicalId, secret: String(made.attributes!['ClientSecret']) };
    tokenUrl = await listen(createTokenEndpoint(userPools));

    const apis = new HttpApis(store);
    const providers = httpApiProviders(apis, () => 'http://127.0.0.1:8080');
    const api = (
      await create(providers, 'AWS::ApiGatewayV2::Api', {
        Name: 'api',
        ProtocolType: 'HTTP',
        CorsConfiguration: { AllowOrigins: ['https://console'], AllowMethods: ['GET'] },
      })
    ).physicalId;
    const issuer = userPools.issuerOf(pool.physicalId);
    const authorizer = await create(providers, 'AWS::ApiGatewayV2::Authorizer', {
      ApiId: api,
      Name: 'jwt',
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: issuer, Audience: [client.id] },
    });
    const integration = await create(providers, 'AWS::ApiGatewayV2::Integration', {
      ApiId: api,
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      PayloadFormatVersion: '2.0',
    });
    await create(providers, 'AWS::ApiGatewayV2::Stage', {
      ApiId: api,
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingBurstLimit: 5, ThrottlingRateLimit: 1 },
    });
    const route = (routeKey: string, more: object) =>
      create(providers, 'AWS::ApiGatewayV2::Route', {
        ApiId: api,
        RouteKey: routeKey,
        Target: `integrations/${integration.physicalId}`,
        ...more,
      });
    await route('POST /v1/vehicles/{thing}/commands', {
      AuthorizationType: 'JWT',
      AuthorizerId: authorizer.physicalId,
      AuthorizationScopes: [SCOPE],
    });
    await route('GET /open', {});
    await route('GET /iam', { AuthorizationType: 'AWS_IAM' });
    url = await listen(
      createHttpApiServer({
        apis,
        account: DEFAULT_ACCOUNT,
        clock,
        log: () => undefined,
        jwtVerifier: new JwtVerifier(clock, (asked) =>
          asked === issuer ? userPools.keySet(pool.physicalId) : undefined,
        ),
        invoker: {
          invoke: async (functionName, event, caller) => {
            calls.push({ functionName, event: event as Record<string, never>, caller });
            if (never) await new Promise(() => undefined);
            return { payload: answer, functionError };
          },
        },
      }),
    );
  });
  afterEach(() => Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve)))));

  const post = (headers: Record<string, string>) =>
    fetch(`${url}/v1/vehicles/VIN%201/commands?a=1&a=2&b=3`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"x":1}',
    });

  test('a token with the scope reaches the function with its claims, path, query and body', async () => {
    const response = await post({ authorization: `Bearer ${await token()}` });
    expect(response.status).toBe(202);
    expect(response.headers.get('x-made')).toBe('yes');
    expect(await response.text()).toBe('made');
    expect(calls[0]).toMatchObject({
      functionName: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      caller: {
        service: 'apigateway.amazonaws.com',
        sourceArn: expect.stringMatching(/:execute-api:.*\/\$default\/POST\/v1\/vehicles\/\{thing\}\/commands$/),
      },
      event: {
        version: '2.0',
        routeKey: 'POST /v1/vehicles/{thing}/commands',
        pathParameters: { thing: 'VIN 1' },
        queryStringParameters: { a: '1,2', b: '3' },
        body: '{"x":1}',
        isBase64Encoded: false,
        requestContext: { authorizer: { jwt: { claims: { client_id: client.id }, scopes: [SCOPE, 'iov/read'] } } },
      },
    });
  });

  test.each([
    ['no token', async () => ({}), 401],
    ['a token that is not one', async () => ({ authorization: 'Bearer a.b.c' }), 401],
    [
      'a token whose signature was changed',
      async () => ({ authorization: `Bearer ${(await token()).slice(0, -8)}AAAAAAAA` }),
      401,
    ],
    ['a token without the scope', async () => ({ authorization: `Bearer ${await token('iov/read')}` }), 403],
  ])('%s is refused and nothing is invoked', async (_what, headers, status) => {
    const response = await post((await headers()) as Record<string, string>);
    expect(response.status).toBe(status);
    expect(calls).toEqual([]);
  });

  test('a token is refused after its hour', async () => {
    const bearer = { authorization: `Bearer ${await token()}` };
    await clock.advance(3_601_000);
    const response = await post(bearer);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('the token has expired');
  });

  test.each([
    ['GET', '/nowhere', 404],
    ['DELETE', '/open', 404],
    ['GET', '/open', 202],
    ['GET', '/iam', 403],
  ])('%s %s answers %i', async (method, path, status) => {
    expect((await fetch(url + path, { method })).status).toBe(status);
  });

  test.each([
    ['an object without a status code is the body of a 200', '{"a":1}', 200, '{"a":1}'],
    ['base64 is decoded', '{"statusCode":200,"body":"aGk=","isBase64Encoded":true}', 200, 'hi'],
    [
      'a status code that is none is an internal server error',
      '{"statusCode":"many"}',
      500,
      '{"message":"Internal Server Error"}',
    ],
  ])('%s', async (_what, payload, status, body) => {
    answer = payload;
    const response = await fetch(`${url}/open`);
    expect([response.status, await response.text()]).toEqual([status, body]);
  });

  test('a function error is an internal server error that tells nothing', async () => {
    functionError = 'Unhandled';
    answer = '{"errorMessage":"secret detail"}';
    const response = await fetch(`${url}/open`);
    expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
  });

  test('a function that takes longer than its integration may is answered for with 503', async () => {
    never = true;
    const response = fetch(`${url}/open`);
    while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(30_000);
    expect((await response).status).toBe(503);
  });

  test.each([
    [
      'AWS::ApiGatewayV2::Integration',
      { IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '1.0' },
      /payload format 1.0/,
    ],
    ['AWS::ApiGatewayV2::Integration', { IntegrationType: 'HTTP_PROXY' }, /type HTTP_PROXY/],
    ['AWS::ApiGatewayV2::Api', { ProtocolType: 'WEBSOCKET' }, /protocol WEBSOCKET/],
  ])('%s with %p is refused by name', async (type, properties, message) => {
    const providers = httpApiProviders(new HttpApis(openStore(':memory:')), () => '');
    await expect(create(providers, type, properties)).rejects.toThrow(message);
  });

  test('more than the burst within a second is throttled, and time lets more in', async () => {
    const statuses = async (count: number) =>
      (await Promise.all(Array.from({ length: count }, () => fetch(`${url}/open`)))).map(({ status }) => status);
    expect((await statuses(7)).filter((status) => status === 429)).toHaveLength(2);
    await clock.advance(3_000);
    expect((await statuses(3)).filter((status) => status === 429)).toHaveLength(0);
  });

  test('a preflight of an allowed origin is answered without the function', async () => {
    const response = await fetch(`${url}/open`, { method: 'OPTIONS', headers: { origin: 'https://console' } });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, 'https://console']);
    expect(calls).toEqual([]);
  });

  test.each([
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['a scope that the client may not have', { scope: 'iov/everything' }, 400, 'invalid_scope'],
  ])('the token endpoint refuses %s', async (_what, more, status, error) => {
    const response = await fetch(`${tokenUrl}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.id,
        client_secret: client.secret,
        ...more,
      }),
    });
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([status, error]);
  });
});

describe('route selection', () => {
  const routes = inOrderOfSelection(
    ['$default', 'ANY /{proxy+}', 'GET /pets/{id}', 'ANY /pets/{id}', 'GET /pets/dog', 'GET /pets/dog/{toy}'].map(
      (routeKey) => ({ id: routeKey, apiId: 'a', routeKey, authorizationType: 'NONE' as const, scopes: [] }),
    ),
  );

  test.each([
    ['GET', '/pets/dog', 'GET /pets/dog'],
    ['GET', '/pets/cat', 'GET /pets/{id}'],
    ['PUT', '/pets/cat', 'ANY /pets/{id}'],
    ['GET', '/pets/dog/ball', 'GET /pets/dog/{toy}'],
    ['GET', '/pets/cat/ball/red', 'ANY /{proxy+}'],
    ['GET', '/', '$default'],
  ])('%s %s goes to %s', (method, path, routeKey) => {
    expect(selectRoute(routes, method, path)?.route.routeKey).toBe(routeKey);
  });
});
