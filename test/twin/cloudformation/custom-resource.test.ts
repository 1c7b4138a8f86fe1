import https from 'node:https';

import { beforeEach, describe, expect, test } from '@jest/globals';

import { responseTarget, routeCustomResourceResponses } from '../../../twin/cloudformation/response-route.ts';
import { ManualClock } from '../../../twin/clock.ts';
import type { Invocation, LambdaInvoker } from '../../../twin/lambda/invoker.ts';
import { things, Twin } from './fixture.ts';

interface CustomResourceEvent {
  readonly RequestType: string;
  readonly RequestId: string;
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceType: string;
  readonly ResourceProperties: Record<string, unknown>;
  readonly OldResourceProperties?: Record<string, unknown>;
}

type Answer = Record<string, unknown> | string;

/** A function that answers at ResponseURL as a custom resource's should. */
class FakeFunction implements LambdaInvoker {
  readonly events: CustomResourceEvent[] = [];
  answer: (event: CustomResourceEvent) => Answer | Invocation | undefined = (event) => ({
    PhysicalResourceId: `physical-${event.LogicalResourceId}`,
  });

  async invoke(functionName: string, event: unknown): Promise<Invocation> {
    expect(functionName).toBe(TOKEN);
    const request = event as CustomResourceEvent;
    this.events.push(request);
    const answer = this.answer(request);
    if (answer === undefined) return { payload: 'null' };
    if (typeof answer === 'object' && 'payload' in answer) return answer as Invocation;
    const { RequestId, StackId, LogicalResourceId } = request;
    const body =
      typeof answer === 'string'
        ? answer
        : JSON.stringify({ Status: 'SUCCESS', RequestId, StackId, LogicalResourceId, ...answer });
    await fetch(request.ResponseURL, { method: 'PUT', body });
    return { payload: 'null' };
  }
}

const TOKEN = 'arn:aws:lambda:us-east-1:000000000000:function:handler';

const custom = (properties: Record<string, unknown> = {}, others: Record<string, Record<string, unknown>> = {}) => ({
  S: things({ C: { Type: 'Custom::Brokers', ServiceToken: TOKEN, ...properties }, ...others }),
});

let twin: Twin;
let invoker: FakeFunction;
beforeEach(() => {
  twin = new Twin();
  invoker = new FakeFunction();
});

describe('a custom resource', () => {
  test('is created by its function, whose data are its attributes', async () => {
    invoker.answer = () => ({ PhysicalResourceId: 'brokers', Data: { Url: 'b-1:9096', 'Nested.Key': 'n' } });
    await twin.deploy(
      custom(
        { Count: 3, Flags: [true, { Deep: 1.5 }] },
        { T: { A: { Ref: 'C' }, B: { 'Fn::GetAtt': 'C.Url' }, D: { 'Fn::GetAtt': 'C.Nested.Key' } } },
      ),
      { invoker },
    );
    expect(twin.thing.requests[0]!.properties).toEqual({ A: 'brokers', B: 'b-1:9096', D: 'n' });
    expect(invoker.events).toEqual([
      {
        RequestType: 'Create',
        ServiceToken: TOKEN,
        RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        ResponseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
        StackId: expect.stringContaining(':stack/S/'),
        LogicalResourceId: 'C',
        ResourceType: 'Custom::Brokers',
        ResourceProperties: { ServiceToken: TOKEN, Count: '3', Flags: ['true', { Deep: '1.5' }] },
      },
    ]);
  });

  test('is updated with its old properties, and deleted with its physical id', async () => {
    await twin.deploy(custom({ Count: 3 }), { invoker });
    await twin.deploy(custom({ Count: 4 }), { invoker });
    await twin.deploy({ S: things({}) }, { invoker });
    expect(
      invoker.events.map((event) => [
        event.RequestType,
        event.PhysicalResourceId,
        event.ResourceProperties['Count'],
        event.OldResourceProperties?.['Count'],
      ]),
    ).toEqual([
      ['Create', undefined, '3', undefined],
      ['Update', 'physical-C', '4', '3'],
      ['Delete', 'physical-C', '4', undefined],
    ]);
  });

  test('that answers an update with another physical id is replaced: the old one is deleted', async () => {
    invoker.answer = (event) => ({ PhysicalResourceId: `id-${String(event.ResourceProperties['Name'])}` });
    await twin.deploy(custom({ Name: 'one' }), { invoker });
    await twin.deploy(custom({ Name: 'two' }), { invoker });
    expect(invoker.events.at(-1)).toMatchObject({
      RequestType: 'Delete',
      PhysicalResourceId: 'id-one',
      ResourceProperties: { Name: 'one' },
    });
  });

  test('is asked again when the twin has moved to other ports, and not at the next start there', async () => {
    await twin.deploy(custom(), { invoker, surroundings: 'ports 8000' });
    await twin.deploy(custom(), { invoker, surroundings: 'ports 9000' });
    await twin.deploy(custom(), { invoker, surroundings: 'ports 9000' });
    expect(invoker.events.map(({ RequestType }) => RequestType)).toEqual(['Create', 'Update']);
  });

  test('is left alone when nothing changed', async () => {
    await twin.deploy(custom(), { invoker });
    await twin.deploy(custom(), { invoker });
    expect(invoker.events).toHaveLength(1);
  });

  test.each<[string, Answer | Invocation, string]>([
    [
      'answers FAILED',
      { Status: 'FAILED', Reason: 'cluster is gone' },
      'its function answered FAILED: cluster is gone',
    ],
    [
      'answers with neither',
      { Status: 'OK' },
      'its function answered with the status "OK", which is neither SUCCESS nor FAILED',
    ],
    [
      'answers no physical id',
      { PhysicalResourceId: '' },
      'Invalid PhysicalResourceId: its function answered without one',
    ],
    [
      'answers another request',
      { RequestId: 'other' },
      "its function answered with a RequestId other than the request's",
    ],
    ['answers too much', { Data: { Text: 'x'.repeat(5000) } }, 'Response object is too long'],
    ['answers no JSON', 'done!', 'the response that the function sent is not a JSON object'],
    [
      'fails itself',
      {
        payload: JSON.stringify({ errorType: 'TypeError', errorMessage: 'x is not a function' }),
        functionError: 'Unhandled',
      },
      'its function failed before it sent a response: TypeError: x is not a function',
    ],
  ])('fails when its function %s', async (_, answer, reason) => {
    invoker.answer = () => answer;
    const failure = await twin.deploy(custom(), { invoker }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'IOV_RESOURCE_FAILED',
      message: expect.stringContaining(`resource C (Custom::Brokers) could not be created: ${reason}`),
    });
  });

  test('fails when its function cannot be invoked', async () => {
    await expect(twin.deploy(custom())).rejects.toThrow(`could not be created: There is no function ${TOKEN}.`);
  });

  test.each<[unknown, string]>([
    [undefined, 'it has no ServiceToken'],
    ['arn:aws:sns:us-east-1:000000000000:topic', 'the twin does not run custom resources behind SNS topics'],
  ])('fails with the ServiceToken %s', async (ServiceToken, reason) => {
    await expect(twin.deploy(custom({ ServiceToken }), { invoker })).rejects.toThrow(reason);
  });

  test('whose function returns without an answer is waited for, as long as ServiceTimeout says', async () => {
    const clock = new ManualClock();
    invoker.answer = () => undefined;
    let waiting = (): void => undefined;
    const returned = new Promise<void>((resolve) => (waiting = resolve));
    const deployment = twin.deploy(custom({ ServiceTimeout: '60' }), {
      invoker,
      clock,
      onProgress: (event) => (event.action === 'waiting' ? waiting() : undefined),
    });
    const failure = deployment.catch((error: unknown) => error);
    await returned;
    await clock.advance(60_000);
    expect(await failure).toMatchObject({
      message: expect.stringContaining('its function sent no response within 60 s'),
    });
  });
});

describe('the route to the response server', () => {
  test('carries requests that keep only host name and path of ResponseURL, as the handlers of CDK do', async () => {
    const original = https.request;
    routeCustomResourceResponses();
    try {
      const answered = new Promise<number | undefined>((resolve, reject) => {
        invoker.invoke = async (_, event) => {
          const { ResponseURL, RequestId, StackId, LogicalResourceId } = event as CustomResourceEvent;
          const { hostname, pathname } = new URL(ResponseURL);
          const body = JSON.stringify({
            Status: 'SUCCESS',
            PhysicalResourceId: 'p',
            RequestId,
            StackId,
            LogicalResourceId,
          });
          const request = https.request(
            { hostname, path: pathname, method: 'PUT', headers: { 'content-length': Buffer.byteLength(body) } },
            (response) => resolve(response.statusCode),
          );
          request.on('error', reject);
          request.end(body);
          return { payload: 'null' };
        };
      });
      const { stacks } = await twin.deploy(custom(), { invoker });
      expect(stacks[0]!.resources[0]!.physicalId).toBe('p');
      expect(await answered).toBe(200);
    } finally {
      https.request = original;
    }
  });

  test.each<[string, unknown[]]>([
    ['another host', [{ hostname: 'example.com', path: '/custom-resource-response/1/x' }]],
    ['another path', [{ hostname: '127.0.0.1', path: '/2015-03-31/functions' }]],
    ['a URL', ['https://example.com/custom-resource-response/1/x']],
  ])('leaves %s alone', (_, args) => {
    expect(responseTarget(args)).toBeUndefined();
  });

  test('understands a URL with options and a callback', () => {
    const callback = () => undefined;
    expect(
      responseTarget([new URL('http://127.0.0.1:5/custom-resource-response/5/x?y=1'), { method: 'PUT' }, callback]),
    ).toEqual({
      options: expect.objectContaining({ method: 'PUT', port: 5, path: '/custom-resource-response/5/x?y=1' }),
      callback,
    });
  });
});
