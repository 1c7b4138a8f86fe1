import { describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { ManualClock } from '../../../twin/clock.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../../twin/cloudformation/provider.ts';
import { Iam } from '../../../twin/iam/iam.ts';
import { iamProviders } from '../../../twin/iam/providers.ts';
import { openStore } from '../../../twin/state/store.ts';

const TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};
const document = (action: string): unknown => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
});

type Properties = Record<string, unknown>;

/** The provider of a type, called as the deploy engine calls it. */
class Stack {
  readonly iam = new Iam({ store: openStore(':memory:'), account: DEFAULT_ACCOUNT, clock: new ManualClock() });
  readonly #providers = new Map(iamProviders(this.iam).map((provider) => [provider.type, provider]));

  async create(type: string, properties: Properties, logicalId = 'Thing'): Promise<ProvisionedResource> {
    return await this.#provider(type).create(this.#request(type, properties, logicalId));
  }

  async update(
    type: string,
    physicalId: string,
    previousProperties: Properties,
    properties: Properties,
    logicalId = 'Thing',
  ): Promise<ProvisionedResource> {
    return await this.#provider(type).update({
      ...this.#request(type, properties, logicalId),
      physicalId,
      previousProperties,
    });
  }

  async delete(type: string, physicalId: string, properties: Properties): Promise<void> {
    await this.#provider(type).delete({
      ...this.#request(type, properties, 'Thing'),
      physicalId,
      previousProperties: properties,
    });
  }

  allows(role: string, action: string): boolean {
    const caller = {
      kind: 'role',
      arn: `arn:aws:sts::000000000000:assumed-role/${role}/s`,
      roleName: role,
      sessionName: 's',
    } as const;
    return this.iam.explain(caller, { action, resource: '*' }).effect === 'allow';
  }

  #provider(type: string): ResourceProvider {
    return this.#providers.get(type)!;
  }

  #request(type: string, properties: Properties, logicalId: string): ResourceRequest {
    return {
      stackName: 'Fleet',
      stackId: 'id',
      logicalId,
      type,
      properties,
      account: DEFAULT_ACCOUNT,
      assemblyFolder: '/',
    };
  }
}

describe('AWS::IAM::Role', () => {
  test('gives name, Arn and RoleId, and generates a name of at most 64 characters', async () => {
    const stack = new Stack();
    const role = await stack.create('AWS::IAM::Role', { AssumeRolePolicyDocument: TRUST }, 'A'.repeat(100));
    expect(role.physicalId).toMatch(/^Fleet-A+-[A-Z0-9]{12}$/);
    expect(role.physicalId).toHaveLength(64);
    expect(role.attributes).toEqual({
      Arn: `arn:aws:iam::000000000000:role/${role.physicalId}`,
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
    });
  });

  test('has its inline and managed policies, its path and its trust policy', async () => {
    const stack = new Stack();
    const properties = {
      RoleName: 'R',
      Path: '/service/',
      AssumeRolePolicyDocument: TRUST,
      Policies: [{ PolicyName: 'P', PolicyDocument: document('sqs:SendMessage') }],
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess'],
    };
    const role = await stack.create('AWS::IAM::Role', properties);
    expect(role.attributes?.['Arn']).toBe('arn:aws:iam::000000000000:role/service/R');
    expect(stack.allows('R', 'sqs:SendMessage')).toBe(true);
    expect(stack.allows('R', 'xray:PutTraceSegments')).toBe(true);
    expect(stack.iam.serviceMayAssume('arn:aws:iam::000000000000:role/service/R', 'lambda.amazonaws.com')).toBe(true);
  });

  test('an update replaces its own policies, leaves those of other resources, and keeps its id', async () => {
    const stack = new Stack();
    const before = {
      RoleName: 'R',
      AssumeRolePolicyDocument: TRUST,
      Policies: [{ PolicyName: 'Old', PolicyDocument: document('sqs:SendMessage') }],
    };
    const created = await stack.create('AWS::IAM::Role', before);
    await stack.create('AWS::IAM::Policy', {
      PolicyName: 'Default',
      PolicyDocument: document('dynamodb:PutItem'),
      Roles: ['R'],
    });
    const after = { ...before, Policies: [{ PolicyName: 'New', PolicyDocument: document('sns:Publish') }] };
    const updated = await stack.update('AWS::IAM::Role', 'R', before, after);
    expect(updated).toEqual(created);
    expect(['sqs:SendMessage', 'sns:Publish', 'dynamodb:PutItem'].map((action) => stack.allows('R', action))).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('a new name is a new physical id', async () => {
    const stack = new Stack();
    const before = { RoleName: 'R', AssumeRolePolicyDocument: TRUST };
    await stack.create('AWS::IAM::Role', before);
    const updated = await stack.update('AWS::IAM::Role', 'R', before, { ...before, RoleName: 'S' });
    expect(updated.physicalId).toBe('S');
    await stack.delete('AWS::IAM::Role', 'R', before);
    expect([...stack.iam.roles.roles()].map(({ name }) => name)).toEqual(['S']);
  });

  test('a trust policy without principal is refused', async () => {
    await expect(
      new Stack().create('AWS::IAM::Role', { AssumeRolePolicyDocument: document('sts:AssumeRole') }),
    ).rejects.toMatchObject({
      code: 'MalformedPolicyDocument',
    });
  });
});

describe('policies as resources', () => {
  test('AWS::IAM::Policy follows its roles', async () => {
    const stack = new Stack();
    for (const RoleName of ['A', 'B'])
      await stack.create('AWS::IAM::Role', { RoleName, AssumeRolePolicyDocument: TRUST });
    const before = { PolicyName: 'P', PolicyDocument: document('sqs:SendMessage'), Roles: ['A'] };
    const { physicalId } = await stack.create('AWS::IAM::Policy', before);
    const after = { ...before, Roles: ['B'] };
    const updated = await stack.update('AWS::IAM::Policy', physicalId, before, after);
    expect(updated.physicalId).toBe(physicalId);
    expect(['A', 'B'].map((role) => stack.allows(role, 'sqs:SendMessage'))).toEqual([false, true]);
    await stack.delete('AWS::IAM::Policy', physicalId, after);
    expect(stack.allows('B', 'sqs:SendMessage')).toBe(false);
  });

  test('AWS::IAM::RolePolicy is one inline policy', async () => {
    const stack = new Stack();
    await stack.create('AWS::IAM::Role', { RoleName: 'A', AssumeRolePolicyDocument: TRUST });
    const properties = { PolicyName: 'P', RoleName: 'A', PolicyDocument: document('sqs:SendMessage') };
    const { physicalId } = await stack.create('AWS::IAM::RolePolicy', properties);
    expect(stack.allows('A', 'sqs:SendMessage')).toBe(true);
    await stack.delete('AWS::IAM::RolePolicy', physicalId, properties);
    expect(stack.allows('A', 'sqs:SendMessage')).toBe(false);
  });

  test('AWS::IAM::ManagedPolicy is known by its ARN and attached to its roles', async () => {
    const stack = new Stack();
    await stack.create('AWS::IAM::Role', { RoleName: 'A', AssumeRolePolicyDocument: TRUST });
    const properties = { ManagedPolicyName: 'M', PolicyDocument: document('sqs:SendMessage'), Roles: ['A'] };
    const policy = await stack.create('AWS::IAM::ManagedPolicy', properties);
    expect(policy).toMatchObject({
      physicalId: 'arn:aws:iam::000000000000:policy/M',
      attributes: { AttachmentCount: 1 },
    });
    expect(stack.allows('A', 'sqs:SendMessage')).toBe(true);
    const after = { ...properties, PolicyDocument: document('sns:Publish'), Roles: [] };
    const updated = await stack.update('AWS::IAM::ManagedPolicy', policy.physicalId, properties, after);
    expect(updated.attributes?.['PolicyId']).toBe(policy.attributes?.['PolicyId']);
    expect(['sqs:SendMessage', 'sns:Publish'].map((action) => stack.allows('A', action))).toEqual([false, false]);
  });

  test('a policy for a role that does not exist fails by name', async () => {
    const properties = { PolicyName: 'P', PolicyDocument: document('*'), Roles: ['Nobody'] };
    await expect(new Stack().create('AWS::IAM::Policy', properties)).rejects.toMatchObject({
      code: 'NoSuchEntity',
      message: 'The role with name Nobody cannot be found.',
    });
  });
});
