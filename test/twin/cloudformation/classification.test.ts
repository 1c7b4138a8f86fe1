import { describe, expect, test } from '@jest/globals';

import { renderClassification } from '../../../twin/cloudformation/classification.ts';
import { INERT_CATALOGUE } from '../../../twin/cloudformation/inert-catalogue.ts';
import { inertResource } from '../../../twin/cloudformation/inert-resource.ts';
import { generatedName } from '../../../twin/cloudformation/physical-names.ts';
import { things, Twin } from './fixture.ts';

const mixed = {
  S: things({
    Vpc: { Type: 'AWS::EC2::VPC', CidrBlock: '10.0.0.0/16' },
    Alarm: { Type: 'AWS::CloudWatch::Alarm' },
    Queue: { Type: 'AWS::Unheard::Queue' },
    Live: {
      A: { Ref: 'Vpc' },
      B: { 'Fn::GetAtt': 'Queue.Arn' },
      C: { 'Fn::GetAtt': 'Queue.Url' },
      D: { Ref: 'Queue' },
      E: { 'Fn::GetAtt': 'Vpc.CidrBlock' },
    },
  }),
};

describe('the table of resource types', () => {
  test('says of every type what the twin does with it, and why not', async () => {
    let text = '';
    const { table } = await new Twin().deploy(mixed, { onClassified: (rows) => (text = renderClassification(rows)) });
    expect(table.map(({ type, liveness, count }) => [type, liveness, count])).toEqual([
      ['AWS::Unheard::Queue', 'unsupported', 1],
      ['Test::Thing', 'live', 1],
      ['AWS::CloudWatch::Alarm', 'inert', 1],
      ['AWS::EC2::VPC', 'inert', 1],
    ]);
    expect(text.split('\n')).toEqual([
      'unsupported      1  AWS::Unheard::Queue     the twin does not execute it; it exists in name only',
      'live             1  Test::Thing',
      'inert            1  AWS::CloudWatch::Alarm  watches; the app does not depend on it',
      'inert            1  AWS::EC2::VPC           everything of the twin is on the loopback interface',
      '1 live, 2 inert, 1 unsupported',
    ]);
  });

  test('strict refuses unsupported types by name before anything is made', async () => {
    const twin = new Twin();
    await expect(twin.deploy(mixed, { strict: true })).rejects.toMatchObject({
      code: 'IOV_RESOURCE_UNSUPPORTED',
      message: 'The assembly has resources that the twin does not execute: AWS::Unheard::Queue (S/Queue).',
    });
    expect(twin.thing.calls).toEqual([]);
  });

  test('otherwise they exist in name, so that what refers to them runs', async () => {
    const twin = new Twin();
    await twin.deploy(mixed);
    const name = generatedName('S', 'Queue');
    expect(twin.thing.requests[0]!.properties).toEqual({
      A: expect.stringMatching(/^vpc-[0-9a-f]{17}$/),
      B: `arn:aws:unheard:us-east-1:000000000000:queue/${name}`,
      C: `${name}-Url`,
      D: name,
      E: '10.0.0.0/16',
    });
  });

  test('a provider that arrives later creates what stood in the catalogue', async () => {
    const twin = new Twin();
    const withTopic = { S: things({ Vpc: { Type: 'AWS::EC2::VPC' } }) };
    await twin.deploy(withTopic);
    const provider = {
      type: 'AWS::EC2::VPC',
      create: () => ({ physicalId: 'real' }),
      update: () => ({ physicalId: 'updated' }),
      delete: () => undefined,
    };
    const { stacks } = await twin.deploy(withTopic, { providers: [provider] });
    expect(stacks[0]!.resources[0]).toMatchObject({ liveness: 'live', physicalId: 'real' });
  });
});

describe('the catalogue of inert types', () => {
  test.each(Object.entries(INERT_CATALOGUE))(
    '%s has a reason, an id and attributes without placeholders left',
    (type, inert) => {
      const properties = new Proxy({}, { get: (_, name) => `given-${String(name)}` }) as Record<string, unknown>;
      const account = { partition: 'aws', accountId: '111111111111', region: 'eu-central-1' };
      const request = { stackName: 'S', stackId: 'id', logicalId: 'R', type, properties, account, assemblyFolder: '/' };
      const made = inertResource(inert, request);
      expect(inert.reason).not.toBe('');
      expect(made.physicalId).toMatch(/^[^{}]+$/);
      expect(JSON.stringify(Object.values(made.attributes ?? {}))).not.toMatch(/[{}]/);
      expect(inertResource(inert, request)).toEqual(made);
    },
  );
});

describe('a generated name', () => {
  test('has the form of CloudFormation, is the same every time, and keeps to a limit', () => {
    expect(generatedName('Stack', 'Thing')).toMatch(/^Stack-Thing-[0-9A-Z]{12}$/);
    expect(generatedName('Stack', 'Thing')).toBe(generatedName('Stack', 'Thing'));
    expect(generatedName('Stack', 'Thing')).not.toBe(generatedName('Stack', 'Other'));
    expect(generatedName('S'.repeat(90), 'Thing', 64)).toHaveLength(64);
  });
});
