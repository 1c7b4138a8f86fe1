import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { answerJsonLines } from '../../cli/json-lines.ts';
import { answerPolicyLine } from '../../cli/policy-request.ts';
import { policyCommand } from '../../cli/policy.ts';

const DEVICE = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Connect',
      Effect: 'Allow',
      Action: 'iot:Connect',
      Resource: 'arn:aws:iot:us-east-1:123456789012:client/${iot:Connection.Thing.ThingName}',
    },
    {
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: 'arn:aws:iot:us-east-1:123456789012:topic/state/${iot:Connection.Thing.Attributes[fleet]}',
    },
  ],
};
const NO_RETAIN = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: 'iot:RetainPublish', Resource: 'arn:aws:iot:eu-west-1:111122223333:topic/*' }],
};
const CONNECTION = { clientId: 'vin1', thingName: 'vin1', isAttached: true, thingAttributes: { fleet: 'north' } };

async function answers(...lines: readonly string[]): Promise<Record<string, unknown>[]> {
  const output = new PassThrough();
  const written = text(output);
  await answerJsonLines(Readable.from([lines.join('\n')]), output, (line) => answerPolicyLine(line));
  output.end();
  return (await written)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const line = (members: Record<string, unknown>): string =>
  JSON.stringify({ id: 1, policies: [DEVICE], connection: CONNECTION, ...members });

describe('iov policy --json', () => {
  test('answers each line with its id, the decision and the reason, in order', async () => {
    expect(
      await answers(
        line({ id: 'a', request: { action: 'iot:Connect', resource: 'vin1' } }),
        line({ id: 7, request: { action: 'iot:Publish', resource: 'state/south' } }),
        line({
          id: null,
          policies: [JSON.stringify(DEVICE)],
          request: { action: 'iot:Publish', resource: 'state/north' },
        }),
      ),
    ).toEqual([
      { id: 'a', decision: 'allow', because: expect.stringContaining('statement 1 ("Connect") of policy 1') },
      { id: 7, decision: 'deny', because: expect.stringContaining('statement 2 of policy 1') },
      { id: null, decision: 'allow', because: expect.stringContaining('statement 2 of policy 1') },
    ]);
  });

  test('ARNs of several accounts and Regions are read as of one', async () => {
    const [answer] = await answers(
      line({ policies: [DEVICE, NO_RETAIN], request: { action: 'iot:RetainPublish', resource: 'state/north' } }),
    );
    expect(answer).toMatchObject({
      decision: 'deny',
      because: expect.stringContaining('Denied by statement 1 of policy 2'),
    });
  });

  test('a resource may be an ARN, an action may lack its prefix', async () => {
    const request = { action: 'Publish', resource: 'arn:aws:iot:us-west-2:444455556666:topic/state/north' };
    expect(await answers(line({ request }))).toMatchObject([{ decision: 'allow' }]);
  });

  test('empty lines are passed over', async () => {
    expect(await answers('', line({ request: { action: 'iot:Connect', resource: 'vin1' } }), '  ', '')).toHaveLength(1);
  });

  const request = { action: 'iot:Connect', resource: 'vin1' };
  test.each<[string, number | null, string]>([
    ['{"id": 1,', null, 'JSON'],
    ['[]', null, 'the line must be an object'],
    ['3', null, 'the line must be an object'],
    [line({ request: undefined }), 1, 'request must be an object'],
    [line({ request, policies: 'x' }), 1, 'policies must be a list'],
    [line({ request, policies: [{ Version: '2012-10-17', Statement: [{}] }] }), 1, 'policy 1: Statement[0].Effect'],
    [line({ request, policies: ['{'] }), 1, 'not JSON'],
    [line({ request, connection: {} }), 1, 'connection.clientId must be a string'],
    [line({ request, connection: { ...CONNECTION, isAttached: 'yes' } }), 1, 'connection.isAttached'],
    [line({ request, connection: { ...CONNECTION, thingPrincipalType: 'SOME' } }), 1, 'connection.thingPrincipalType'],
    [line({ request, connection: { ...CONNECTION, thingAttributes: { a: 1 } } }), 1, 'connection.thingAttributes.a'],
    [
      line({ request, connection: { ...CONNECTION, certificate: { subject: { CommonName: [1] } } } }),
      1,
      'connection.certificate.subject.CommonName[0]',
    ],
    [
      line({ request, connection: { ...CONNECTION, connectAttributes: 'LastWill' } }),
      1,
      'connection.connectAttributes',
    ],
    [line({ request: { action: 'iot:Fly', resource: 'x' } }), 1, '"iot:Fly" is not an action'],
    [line({ request: { action: 'iot:Connect' } }), 1, 'request.resource must be a string'],
  ])('line %# is answered with an error', async (input, id, error) => {
    expect(await answers(input)).toEqual([{ id, error: expect.stringContaining(error) }]);
  });
});

describe('iov policy', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'iov-policy-'));
    writeFileSync(join(folder, 'device.json'), JSON.stringify(DEVICE));
    writeFileSync(join(folder, 'retain.json'), JSON.stringify(NO_RETAIN));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function run(...options: readonly string[]): Promise<string> {
    const written: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
    const command = policyCommand()
      .exitOverride()
      .configureOutput({ writeErr: (message) => written.push(message) });
    try {
      await command.parseAsync(options, { from: 'user' });
    } catch {
      written.push('(failed)');
    } finally {
      write.mockRestore();
    }
    return written.join('');
  }
  const device = (): string[] => [
    '--policy-file',
    join(folder, 'device.json'),
    '--policy-file',
    join(folder, 'retain.json'),
  ];

  test('prints the decision, then what each statement says', async () => {
    const output = await run(
      ...device(),
      '--action',
      'iot:Publish',
      '--resource',
      'state/north',
      '--client-id',
      'vin1',
      '--thing-name',
      'vin1',
      '--attribute',
      'fleet=north',
    );
    expect(output.split('\n')).toEqual([
      'ALLOW iot:Publish on arn:aws:iot:us-east-1:123456789012:topic/state/north',
      expect.stringMatching(/^Allowed by statement 2 of policy device\.json: Allow iot:Publish on /),
      '',
      '  statement 1 ("Connect") of policy device.json does not match: its action iot:Connect is not iot:Publish',
      '  statement 2 of policy device.json matches: Allow',
      '  statement 1 of policy retain.json does not match: its action iot:RetainPublish is not iot:Publish',
      '',
    ]);
  });

  test.each<[string, string[], string]>([
    [
      'an exclusive thing',
      ['--client-id', 'x', '--thing-name', 'vin1', '--exclusive-thing', '--attribute', 'fleet=north'],
      'ALLOW',
    ],
    ['a thing of another client', ['--client-id', 'x', '--thing-name', 'vin1', '--attribute', 'fleet=north'], 'DENY'],
    [
      'a principal that is not attached',
      ['--thing-name', 'vin1', '--not-attached', '--attribute', 'fleet=north'],
      'DENY',
    ],
    ['the thing’s name as client ID', ['--thing-name', 'vin1', '--attribute', 'fleet=north'], 'ALLOW'],
  ])('takes %s', async (_, options, decision) => {
    expect(await run(...device(), '--action', 'iot:Publish', '--resource', 'state/north', ...options)).toMatch(
      new RegExp(`^${decision} `),
    );
  });

  test.each<[string, string[], string]>([
    ['no policy', ['--action', 'iot:Connect', '--resource', 'x'], '--policy-file'],
    ['no request', ['--policy-file', 'x.json'], '--action and --resource'],
    [
      'a file that does not exist',
      ['--policy-file', '/nowhere/x.json', '--action', 'iot:Connect', '--resource', 'x'],
      'ENOENT',
    ],
    ['an attribute without value', ['--attribute', 'fleet'], 'name=value'],
  ])('fails with advice for %s', async (_, options, message) => {
    const output = await run(...options);
    expect(output).toContain('(failed)');
    expect(output).toContain(message);
  });
});
