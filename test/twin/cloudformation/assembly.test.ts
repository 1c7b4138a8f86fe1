import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { assemblyAccount, readAssembly } from '../../../twin/cloudformation/assembly.ts';
import { findFileAsset } from '../../../twin/cloudformation/assets.ts';
import { selectStacks } from '../../../twin/cloudformation/stack-selection.ts';
import { things, Twin, writeAssembly } from './fixture.ts';

/** Two stages of the same two stacks, and a stack outside. */
function staged(): string {
  const folder = writeAssembly({ Global: things({}) }, undefined, {
    'assembly-dev': { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-dev', displayName: 'dev' } },
    'assembly-prod': {
      type: 'cdk:cloud-assembly',
      properties: { directoryName: 'assembly-prod', displayName: 'prod' },
    },
    Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
  });
  for (const [stage, account] of [
    ['dev', '111111111111'],
    ['prod', '222222222222'],
  ]) {
    const environment = `aws://${account}/eu-central-1`;
    writeAssembly(
      {
        Ingest: {
          ...things({}),
          environment,
          displayName: `${stage}/Ingest`,
          stackName: 'iov-Ingest',
          dependencies: ['Stream', 'Ingest.assets'],
        },
        Stream: { ...things({}), environment, displayName: `${stage}/Stream`, stackName: 'iov-Stream' },
      },
      path.join(folder, `assembly-${stage}`),
    );
  }
  return folder;
}

describe('a cloud assembly', () => {
  test('has the stacks of its stages with their environments', () => {
    const { stacks } = readAssembly(staged());
    expect(
      stacks.map(({ displayName, stages, accountId, region }) => [displayName, stages, accountId, region]),
    ).toEqual([
      ['dev/Ingest', ['dev'], '111111111111', 'eu-central-1'],
      ['dev/Stream', ['dev'], '111111111111', 'eu-central-1'],
      ['prod/Ingest', ['prod'], '222222222222', 'eu-central-1'],
      ['prod/Stream', ['prod'], '222222222222', 'eu-central-1'],
      ['Global', [], undefined, undefined],
    ]);
  });

  test.each([
    ['no folder', () => '/nowhere/cdk.out', 'IOV_ASSEMBLY_MISSING', '/nowhere/cdk.out/manifest.json cannot be read'],
    [
      'a manifest that is no JSON',
      () => {
        const folder = writeAssembly({});
        writeFileSync(path.join(folder, 'manifest.json'), '{');
        return folder;
      },
      'IOV_ASSEMBLY_BROKEN',
      'manifest.json is not JSON',
    ],
    [
      'a stack without template',
      () => writeAssembly({}, undefined, { S: { type: 'aws:cloudformation:stack' } }),
      'IOV_ASSEMBLY_BROKEN',
      'the artifact S has no templateFile',
    ],
    [
      'an environment of another form',
      () => writeAssembly({ S: { ...things({}), environment: 'here' } }),
      'IOV_ASSEMBLY_BROKEN',
      'the environment "here" of S',
    ],
    [
      'a resource without type',
      () => writeAssembly({ S: { template: { Resources: { R: {} } } } }),
      'IOV_ASSEMBLY_BROKEN',
      'S.template.json: the resource R has no Type',
    ],
    [
      'a section of another form',
      () => writeAssembly({ S: { template: { Outputs: [] } } }),
      'IOV_ASSEMBLY_BROKEN',
      'S.template.json: the section Outputs is not an object',
    ],
    [
      'a transform of another kind',
      () => writeAssembly({ S: { template: { Transform: ['AWS::Serverless-2016-10-31'] } } }),
      'IOV_ASSEMBLY_BROKEN',
      'the twin does not run the transform AWS::Serverless-2016-10-31',
    ],
    [
      'a function of a transform that is not declared',
      () => writeAssembly({ S: { template: { Outputs: { A: { Value: { 'Fn::Length': [1] } } } } } }),
      'IOV_ASSEMBLY_BROKEN',
      'S.template.json: Fn::Length needs the transform AWS::LanguageExtensions',
    ],
  ])('with %s is refused by name', (_, make, code, message) => {
    const read = (): unknown => {
      const folder = make();
      return readAssembly(folder).stacks.map((stack) => stack.template());
    };
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  test('may hold documents of the app that use functions of their own', () => {
    const document = JSON.stringify({ 'Fn::Length': [1], x: 'y' });
    const { stacks } = readAssembly(writeAssembly({ S: { template: { Outputs: { A: { Value: document } } } } }));
    expect(stacks[0]!.template().Outputs).toEqual({ A: { Value: document } });
  });

  test('plays the account and Region that most of its stacks have', () => {
    const { stacks } = readAssembly(
      writeAssembly({
        Cdn: { ...things({}), environment: 'aws://111111111111/us-east-1' },
        A: { ...things({}), environment: 'aws://111111111111/cn-north-1' },
        B: { ...things({}), environment: 'aws://111111111111/cn-north-1' },
        Open: things({}),
      }),
    );
    expect(assemblyAccount(stacks)).toEqual({ accountId: '111111111111', region: 'cn-north-1', partition: 'aws-cn' });
    expect(assemblyAccount([])).toEqual({ accountId: '000000000000', region: 'us-east-1', partition: 'aws' });
  });
});

describe('a selection', () => {
  test.each([
    [['dev'], ['dev/Stream', 'dev/Ingest']],
    [['prod/Ingest'], ['prod/Stream', 'prod/Ingest']],
    [['prod/Stream'], ['prod/Stream']],
    [
      ['Global', 'dev/Stream'],
      ['dev/Stream', 'Global'],
    ],
  ])('of %j is %j: what it depends on comes first', (names, selected) => {
    expect(selectStacks(readAssembly(staged()), names).map((stack) => stack.displayName)).toEqual(selected);
  });

  test('of something that is not there names what is', () => {
    expect(() => selectStacks(readAssembly(staged()), ['staging'])).toThrow(
      'has no stage or stack "staging"; it has: dev, dev/Ingest, dev/Stream, prod',
    );
  });

  test('of two stacks with one name and environment is refused', () => {
    const assembly = readAssembly(
      writeAssembly({ A: { ...things({}), stackName: 'same' }, B: { ...things({}), stackName: 'same' } }),
    );
    expect(() => selectStacks(assembly)).toThrow(
      'A and B are both the stack same of one account and Region; select one stage.',
    );
  });

  test('of stacks that depend on each other in a circle is refused', () => {
    const assembly = readAssembly(
      writeAssembly({ A: { ...things({}), dependencies: ['B'] }, B: { ...things({}), dependencies: ['A'] } }),
    );
    expect(() => selectStacks(assembly)).toThrow('in a circle: A -> B -> A');
  });
});

const HASH = 'ab'.repeat(32);

/** Puts a nested stack's template, and the assets manifest that names it, beside a parent's. */
function withNested(folder: string, template: unknown): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'Child.nested.template.json'), JSON.stringify(template));
  const files = {
    [HASH]: {
      source: { path: 'Child.nested.template.json', packaging: 'file' },
      destinations: { here: { bucketName: 'b', objectKey: `${HASH}.json` } },
    },
    code: {
      source: { path: '../asset.code', packaging: 'zip' },
      destinations: { here: { bucketName: 'b', objectKey: 'functions/code.zip' } },
    },
    built: { source: { executable: ['make'] } },
  };
  writeFileSync(path.join(folder, 'S.assets.json'), JSON.stringify({ files }));
}

describe('assets', () => {
  test.each([
    [HASH, 'Child.nested.template.json', 'file'],
    [`${HASH}.json`, 'Child.nested.template.json', 'file'],
    [`https://s3.eu-central-1.amazonaws.com/b/${HASH}.json`, 'Child.nested.template.json', 'file'],
    ['functions/code.zip', '../asset.code', 'zip'],
  ])('are found by %s', (key, file, packaging) => {
    const folder = writeAssembly({});
    withNested(folder, {});
    expect(findFileAsset(folder, key)).toMatchObject({ path: path.resolve(folder, file), packaging });
  });

  test('that are not there are not found', () => {
    const folder = writeAssembly({});
    withNested(folder, {});
    expect(findFileAsset(folder, 'other.zip')).toBeUndefined();
  });
});

describe('a nested stack', () => {
  const child = (resources: Record<string, unknown>) => ({
    Parameters: { Given: { Type: 'String' } },
    Resources: resources,
    Outputs: { Made: { Value: { Ref: 'Inner' } } },
  });
  const parent = (version: number) => ({
    S: things({
      Child: {
        Type: 'AWS::CloudFormation::Stack',
        TemplateURL: { 'Fn::Sub': `https://s3.\${AWS::URLSuffix}/b/${HASH}.json` },
        Parameters: { Given: { Ref: 'Outer' }, Version: version },
      },
      Outer: {},
      After: { V: { 'Fn::GetAtt': ['Child', 'Outputs.Made'] } },
    }),
  });

  test('gets parameters, gives outputs, counts in the table, and is deleted with its resources', async () => {
    const twin = new Twin();
    twin.folder = writeAssembly({});
    withNested(
      twin.folder,
      child({
        Inner: { Type: 'Test::Thing', Properties: { Name: { 'Fn::Sub': '${Given}-inner' } } },
        Old: { Type: 'Test::Thing' },
      }),
    );
    const { table } = await twin.deploy(parent(1));
    expect(twin.thing.calls).toEqual(
      expect.arrayContaining(['create Outer', 'create Inner', 'create Old', 'create After']),
    );
    expect(twin.thing.requests.at(-1)).toMatchObject({ logicalId: 'After', properties: { V: 'Outer-inner' } });
    expect(twin.thing.requests.find((request) => request.logicalId === 'Inner')!.stackName).toMatch(
      /^S-Child-[0-9A-Z]{12}$/,
    );
    expect(table.find((row) => row.type === 'Test::Thing')).toMatchObject({
      count: 4,
      resources: expect.arrayContaining(['S/Child/Inner']),
    });

    withNested(twin.folder, child({ Inner: { Type: 'Test::Thing', Properties: { Name: 'renamed' } } }));
    await twin.deploy(parent(2));
    expect(twin.thing.calls).toEqual(
      expect.arrayContaining(['update Inner', 'delete Old', 'delete Outer-inner', 'update After']),
    );

    const { leftOver } = await twin.deploy({ S: things({ Outer: {} }) });
    expect(twin.thing.calls).toEqual(['delete After', 'delete renamed']);
    expect(leftOver).toEqual([]);
  });

  test('passes references to secrets on, and its state does not hold them', async () => {
    const twin = new Twin();
    twin.folder = writeAssembly({});
    withNested(twin.folder, child({ Inner: { Type: 'Test::Thing', Properties: { Password: { Ref: 'Given' } } } }));
    const stack = things({
      Child: {
        Type: 'AWS::CloudFormation::Stack',
        TemplateURL: `${HASH}.json`,
        Parameters: { Given: '{{resolve:ssm:/password}}' },
      },
    });
    await twin.deploy({ S: stack }, { references: { ssmParameter: () => 'hunter2', secretString: () => undefined } });
    expect(twin.thing.requests[0]!.properties).toEqual({ Password: 'hunter2' });
    expect(JSON.stringify([...twin.store.collection('cloudformation.resources').values()])).not.toContain('hunter2');
  });

  test('whose template is no asset of the assembly is an error', async () => {
    await expect(new Twin().deploy(parent(1))).rejects.toThrow(
      'resource Child (AWS::CloudFormation::Stack) could not be created: no asset of',
    );
  });
});
