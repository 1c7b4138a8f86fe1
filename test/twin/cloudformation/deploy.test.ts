import { beforeEach, describe, expect, test } from '@jest/globals';

import { destroyStacks } from '../../../twin/cloudformation/deploy.ts';
import { SystemClock } from '../../../twin/clock.ts';
import { IovError } from '../../../twin/errors.ts';
import { NO_FUNCTIONS, RecordingProvider, things, Twin } from './fixture.ts';

let twin: Twin;
beforeEach(() => {
  twin = new Twin();
});

describe('the first deployment', () => {
  test('creates resources after what they refer to, whatever the order in the template', async () => {
    await twin.deploy({
      S: things({
        D: { DependsOn: 'C' },
        C: { Value: { 'Fn::Sub': '${B}!' } },
        B: { Value: { 'Fn::GetAtt': ['A', 'Arn'] } },
        A: {},
      }),
    });
    expect(twin.thing.calls).toEqual(['create A', 'create B', 'create C', 'create D']);
    expect(twin.thing.requests[1]!.properties).toEqual({ Value: 'arn:aws:test:us-east-1:000000000000:A' });
  });

  test('makes independent resources at the same time, up to the limit', async () => {
    let running = 0;
    let most = 0;
    twin.thing.before = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    await twin.deploy({ S: things({ A: {}, B: {}, C: {}, D: {} }) }, { concurrency: 3 });
    expect(most).toBe(3);
  });

  test('tells providers where the resource stands', async () => {
    const fixture = things({ A: { Metadata: { 'aws:asset:path': 'x' } } });
    const { stacks } = await twin.deploy({
      S: { ...fixture, environment: 'aws://111111111111/cn-north-1', stackName: 'dev-S' },
    });
    expect(twin.thing.requests[0]).toMatchObject({
      stackName: 'dev-S',
      logicalId: 'A',
      type: 'Test::Thing',
      metadata: { 'aws:asset:path': 'x' },
      assemblyFolder: twin.folder,
      account: { accountId: '111111111111', region: 'cn-north-1', partition: 'aws-cn' },
      stackId: stacks[0]!.stackId,
    });
    expect(stacks[0]!.stackId).toMatch(
      /^arn:aws-cn:cloudformation:cn-north-1:111111111111:stack\/dev-S\/[0-9a-f-]{36}$/,
    );
  });

  test('answers outputs and resources', async () => {
    const { stacks } = await twin.deploy({
      S: things(
        { A: { Value: 3 } },
        { Outputs: { Count: { Value: { 'Fn::GetAtt': 'A.Value' } }, Zones: { Value: { 'Fn::GetAZs': '' } } } },
      ),
    });
    expect(stacks[0]).toMatchObject({
      stackName: 'S',
      outputs: { Count: '3', Zones: 'us-east-1a,us-east-1b,us-east-1c' },
    });
    expect(stacks[0]!.resources).toEqual([
      expect.objectContaining({ logicalId: 'A', liveness: 'live', physicalId: 'A' }),
    ]);
  });

  test('leaves out resources and outputs whose condition is false, and what refers to them in branches not taken', async () => {
    const conditions = {
      Parameters: { Size: { Type: 'String', Default: 'small' } },
      Conditions: {
        Large: { 'Fn::Equals': [{ Ref: 'Size' }, 'large'] },
        Small: { 'Fn::Not': [{ Condition: 'Large' }] },
      },
      Outputs: { Big: { Condition: 'Large', Value: { Ref: 'Big' } } },
    };
    const stack = things(
      {
        Big: { Condition: 'Large' },
        Little: { Condition: 'Small', Value: { 'Fn::If': ['Large', { Ref: 'Big' }, 'none'] } },
      },
      conditions,
    );
    const small = await twin.deploy({ S: stack });
    expect(twin.thing.calls).toEqual(['create Little']);
    expect(small.stacks[0]!.outputs).toEqual({});
    expect(small.table).toMatchObject([{ type: 'Test::Thing', count: 1 }]);
    await twin.deploy({ S: { ...stack, parameters: { Size: 'large' } } });
    expect(twin.thing.calls).toEqual(['create Big', 'delete Little']);
  });

  test('unrolls Fn::ForEach over a list parameter', async () => {
    const template = {
      Transform: 'AWS::LanguageExtensions',
      Parameters: { Topics: { Type: 'CommaDelimitedList', Default: 'telemetry, v2x' } },
      Resources: {
        'Fn::ForEach::Topics': [
          'T',
          { Ref: 'Topics' },
          { 'Topic&{T}': { Type: 'Test::Thing', Properties: { Name: { 'Fn::Sub': 'iov.${T}' } } } },
        ],
      },
    };
    const { stacks } = await twin.deploy({ S: { template } });
    expect(stacks[0]!.resources.map((resource) => [resource.logicalId, resource.physicalId])).toEqual([
      ['Topictelemetry', 'iov.telemetry'],
      ['Topicv2x', 'iov.v2x'],
    ]);
  });
});

describe('what cannot be deployed', () => {
  test.each<[string, Record<string, Record<string, unknown>>, string]>([
    [
      'a circle',
      { A: { V: { Ref: 'B' } }, B: { V: { 'Fn::GetAtt': 'C.Arn' } }, C: { DependsOn: ['A'] } },
      'Stack S, Resources: resources depend on each other in a circle: A -> B -> C -> A.',
    ],
    [
      'a reference to nothing',
      { A: { V: [{ Ref: 'X' }] } },
      'Stack S, Resources.A.Properties.V[0].Ref: there is no parameter or resource "X".',
    ],
    ['DependsOn nothing', { A: { DependsOn: 'X' } }, 'Stack S, Resources.A.DependsOn: there is no resource "X".'],
    [
      'an attribute that is not there',
      { A: {}, B: { V: { 'Fn::GetAtt': 'A.Size' } } },
      'the resource "A" (Test::Thing, live) has no attribute "Size"; it has: Arn',
    ],
    [
      'an attribute of an inert resource that its catalogue lacks',
      { A: { Type: 'AWS::EC2::VPC' }, B: { V: { 'Fn::GetAtt': 'A.Size' } } },
      '(AWS::EC2::VPC, inert) has no attribute "Size"; it has: VpcId, CidrBlock',
    ],
  ])('%s is an error that says where', async (_, resources, message) => {
    const failure = await twin.deploy({ S: things(resources) }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(IovError);
    expect(failure).toMatchObject({ code: 'IOV_ASSEMBLY_BROKEN', message: expect.stringContaining(message) });
  });

  test('a reference to a resource whose condition is false says so', async () => {
    const stack = things(
      { A: { Condition: 'Never' }, B: { V: { Ref: 'A' } } },
      { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } },
    );
    await expect(twin.deploy({ S: stack })).rejects.toThrow(
      'the resource "A" is not created, as its condition Never is false',
    );
  });

  test('a failed resource is named with its reason; what was made before stays and the next run goes on from there', async () => {
    const stack = { S: things({ A: {}, B: { V: { Ref: 'A' } }, C: { V: { Ref: 'B' } } }) };
    twin.thing.before = (call) => {
      if (call === 'create B') throw new Error('no room.');
    };
    await expect(twin.deploy(stack)).rejects.toMatchObject({
      code: 'IOV_RESOURCE_FAILED',
      message: 'Stack S, resource B (Test::Thing) could not be created: no room.',
    });
    expect(twin.thing.calls).toEqual(['create A']);
    twin.thing.before = () => undefined;
    await twin.deploy(stack);
    expect(twin.thing.calls).toEqual(['create B', 'create C']);
  });

  test('an error of the program that a provider throws is passed on as it is', async () => {
    const error = new IovError('IOV_KAFKA_UNAVAILABLE', 'No Java here.');
    twin.thing.before = () => {
      throw error;
    };
    await expect(twin.deploy({ S: things({ A: {} }) })).rejects.toBe(error);
  });
});

describe('the next deployment', () => {
  test('of the same assembly calls no provider', async () => {
    const stack = { S: things({ A: {}, B: { V: { Ref: 'A' } }, V: { Type: 'AWS::EC2::VPC' } }) };
    const first = await twin.deploy(stack);
    const second = await twin.deploy(stack);
    expect(twin.thing.calls).toEqual([]);
    expect(second.stacks).toEqual(first.stacks);
    expect(twin.progress.map((event) => event.action)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  });

  test('updates what changed and what depends on it, with the properties of before', async () => {
    await twin.deploy({
      S: things({ A: { Value: 'x' }, B: { V: { 'Fn::GetAtt': 'A.Value' } }, C: { V: { Ref: 'A' } } }),
    });
    await twin.deploy({
      S: things({ A: { Value: 'y' }, B: { V: { 'Fn::GetAtt': 'A.Value' } }, C: { V: { Ref: 'A' } } }),
    });
    expect(twin.thing.calls).toEqual(['update A', 'update B']);
    expect(twin.thing.requests[1]).toMatchObject({
      physicalId: 'B',
      properties: { V: 'y' },
      previousProperties: { V: 'x' },
    });
  });

  test('deletes what an update replaced, after what depended on it has moved', async () => {
    await twin.deploy({ S: things({ A: { Name: 'one' }, B: { V: { Ref: 'A' } } }) });
    await twin.deploy({ S: things({ A: { Name: 'two' }, B: { V: { Ref: 'A' } } }) });
    expect(twin.thing.calls).toEqual(['update A', 'update B', 'delete one']);
    expect(twin.thing.requests[2]!.properties).toEqual({ Name: 'one' });
  });

  test('deletes what has left the template, in reverse order', async () => {
    await twin.deploy({ S: things({ A: {}, B: { V: { Ref: 'A' } }, C: { V: { Ref: 'B' } }, D: {} }) });
    await twin.deploy({ S: things({ D: {} }) });
    expect(twin.thing.calls).toEqual(['delete C', 'delete B', 'delete A']);
    await twin.deploy({ S: things({ D: {} }) });
    expect(twin.thing.calls).toEqual([]);
  });

  test('keeps what is to be retained', async () => {
    const policies = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
    await twin.deploy({ S: things({ A: { Name: 'one', ...policies }, B: policies }) });
    await twin.deploy({ S: things({ A: { Name: 'two', ...policies } }) });
    expect(twin.thing.calls).toEqual(['update A']);
    expect(twin.progress.filter((event) => event.action === 'retained').map((event) => event.logicalId)).toEqual(
      expect.arrayContaining(['A', 'B']),
    );
  });

  test('does not delete what another logical id has taken over', async () => {
    await twin.deploy({ S: things({ Old: { Name: 'same' } }) });
    await twin.deploy({ S: things({ New: { Name: 'same' } }) });
    expect(twin.thing.calls).toEqual(['create New']);
  });

  test('replaces a resource whose type changed', async () => {
    const other = new RecordingProvider('Test::Other');
    await twin.deploy({ S: things({ A: { Name: 'a1' } }) });
    await twin.deploy({ S: things({ A: { Type: 'Test::Other', Name: 'a2' } }) }, { providers: [twin.thing, other] });
    expect([...other.calls, ...twin.thing.calls]).toEqual(['create A', 'delete a1']);
  });

  test('tries a failed deletion again, and is complete all the same', async () => {
    await twin.deploy({ S: things({ A: {}, B: {} }) });
    twin.thing.before = () => {
      throw new Error('in use');
    };
    await twin.deploy({ S: things({ A: {} }) });
    expect(twin.progress.find((event) => event.action === 'delete-failed')).toMatchObject({
      logicalId: 'B',
      detail: expect.stringContaining('in use'),
    });
    twin.thing.before = () => undefined;
    await twin.deploy({ S: things({ A: {} }) });
    expect(twin.thing.calls).toEqual(['delete B']);
  });

  test('asks providers that can tell what an unchanged resource looks like now, and updates what depends on it', async () => {
    let port = 8080;
    const api = new RecordingProvider('Test::Api');
    const provider = Object.assign(api, {
      read: () => ({ physicalId: 'Api', attributes: { Value: `http://localhost:${port}` } }),
    });
    const stack = {
      S: things({
        Api: { Type: 'Test::Api', Value: 'http://localhost:8080' },
        A: { V: { 'Fn::GetAtt': 'Api.Value' } },
      }),
    };
    await twin.deploy(stack, { providers: [twin.thing, provider] });
    await twin.deploy(stack, { providers: [twin.thing, provider] });
    expect(twin.thing.calls).toEqual([]);
    port = 9000;
    await twin.deploy(stack, { providers: [twin.thing, provider] });
    expect(twin.thing.requests).toEqual([
      expect.objectContaining({ logicalId: 'A', properties: { V: 'http://localhost:9000' } }),
    ]);
    expect(api.calls).toEqual(['create Api']);
  });

  test('from another folder updates only resources that name an asset', async () => {
    const stack = { S: things({ Code: { S3Key: `${'ab'.repeat(32)}.zip` }, Plain: { V: 1 } }) };
    await twin.deploy(stack);
    twin.folder = '';
    await twin.deploy(stack);
    expect(twin.thing.calls).toEqual(['update Code']);
  });
});

describe('stacks', () => {
  test('see each other by exports, and each follows those that it depends on', async () => {
    const { stacks } = await twin.deploy({
      Consumer: { ...things({ B: { V: { 'Fn::ImportValue': 'Producer:A' } } }), dependencies: ['Producer'] },
      Producer: things(
        { A: { Name: 'made' } },
        { Outputs: { Out: { Value: { Ref: 'A' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:A' } } } } },
      ),
    });
    expect(stacks.map((stack) => stack.stackName)).toEqual(['Producer', 'Consumer']);
    expect(twin.thing.requests[1]!.properties).toEqual({ V: 'made' });
  });

  test('may not export one name twice', async () => {
    const stack = things({ A: {} }, { Outputs: { Out: { Value: 'x', Export: { Name: 'Same' } } } });
    await expect(twin.deploy({ One: stack, Two: stack })).rejects.toThrow(
      'Stack Two, Outputs.Out.Export: the stack One already exports "Same"',
    );
  });

  test('do not see what is exported in another Region', async () => {
    const producer = things({}, { Outputs: { Out: { Value: 'x', Export: { Name: 'Shared' } } } });
    const consumer = things({ A: { V: { 'Fn::ImportValue': 'Shared' } } });
    await expect(
      twin.deploy({
        Producer: { ...producer, environment: 'aws://111111111111/eu-central-1' },
        Consumer: { ...consumer, environment: 'aws://111111111111/eu-west-1' },
      }),
    ).rejects.toThrow('Stack Consumer, Resources.A.Properties.V.Fn::ImportValue: no stack exports "Shared".');
  });

  test('that are no longer selected stay, and are named', async () => {
    await twin.deploy({ One: things({ A: {} }), Two: things({ B: {} }) });
    const { leftOver } = await twin.deploy({ One: things({ A: {} }) });
    expect(leftOver).toEqual(['Two']);
    expect(twin.thing.calls).toEqual([]);
  });

  test('are destroyed newest first, their resources in reverse order, retained ones excepted', async () => {
    await twin.deploy({
      One: things({ A: {}, B: { V: { Ref: 'A' } }, Kept: { DeletionPolicy: 'Retain' } }),
      Two: things({ C: {} }),
    });
    twin.thing.calls.length = 0;
    await destroyStacks({
      providers: [twin.thing],
      store: twin.store,
      clock: new SystemClock(),
      invoker: NO_FUNCTIONS,
    });
    expect(twin.thing.calls).toEqual(['delete C', 'delete B', 'delete A']);
    const { leftOver } = await twin.deploy({ Two: things({}) });
    expect(leftOver).toEqual([]);
  });
});

describe('destroying', () => {
  const destroy = (twin: Twin) =>
    destroyStacks({
      stackNames: ['One'],
      providers: [twin.thing],
      store: twin.store,
      clock: new SystemClock(),
      invoker: NO_FUNCTIONS,
    });

  test('leaves other stacks alone', async () => {
    await twin.deploy({ One: things({ A: {} }), Two: things({ B: {} }) });
    twin.thing.calls.length = 0;
    await destroy(twin);
    expect(twin.thing.calls).toEqual(['delete A']);
  });

  test('stops with an error when a resource cannot be deleted, and can be tried again', async () => {
    await twin.deploy({ One: things({ A: {}, B: { V: { Ref: 'A' } } }) });
    twin.thing.before = (call) => {
      if (call === 'delete A') throw new Error('in use');
    };
    await expect(destroy(twin)).rejects.toMatchObject({
      code: 'IOV_RESOURCE_FAILED',
      message: 'Stack One, resource A (Test::Thing) could not be deleted: in use.',
    });
    twin.thing.before = () => undefined;
    twin.thing.calls.length = 0;
    await destroy(twin);
    expect(twin.thing.calls).toEqual(['delete A']);
    expect((await twin.deploy({ Other: things({}) })).leftOver).toEqual([]);
  });

  test('also takes what a deployment that failed half way has made', async () => {
    twin.thing.before = (call) => {
      if (call === 'create B') throw new Error('no room');
    };
    await expect(twin.deploy({ One: things({ A: {}, B: { V: { Ref: 'A' } } }) })).rejects.toThrow('no room');
    twin.thing.calls.length = 0;
    await destroy(twin);
    expect(twin.thing.calls).toEqual(['delete A']);
  });
});

describe('secrets', () => {
  const stack = {
    S: things({
      A: { Password: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', 'db', ':SecretString:password::}}']] } },
    }),
  };
  const references = (password: string) => ({
    ssmParameter: () => undefined,
    secretString: () => JSON.stringify({ password }),
  });

  test('reach the provider but not the state', async () => {
    await twin.deploy(stack, { references: references('hunter2') });
    expect(twin.thing.requests[0]!.properties).toEqual({ Password: 'hunter2' });
    expect(JSON.stringify([...twin.store.collection('cloudformation.resources').values()])).not.toContain('hunter2');
  });

  test('that changed do not update the resource, as in AWS', async () => {
    await twin.deploy(stack, { references: references('hunter2') });
    await twin.deploy(stack, { references: references('hunter3') });
    expect(twin.thing.calls).toEqual([]);
  });

  test('that are missing name the reference', async () => {
    await expect(twin.deploy(stack)).rejects.toThrow(
      'resource A (Test::Thing) could not be created: the dynamic reference {{resolve:secretsmanager:db:SecretString:password::}} has no value',
    );
  });
});
