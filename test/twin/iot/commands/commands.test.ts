import { beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { OperationContext, OperationInput } from '../../../../twin/endpoint/service.ts';
import { openIotCommands, type IotCommands } from '../../../../twin/iot/commands/iot-commands.ts';
import { decodePayload, encodePayload } from '../../../../twin/iot/provisioning/payload.ts';
import type { Publication } from '../../../../twin/iot/publication.ts';
import { Registry } from '../../../../twin/iot/registry/registry.ts';
import { openStore, type Store } from '../../../../twin/state/store.ts';

type Json = Record<string, unknown>;

const ARN = 'arn:aws:iot:us-east-1:000000000000';
const CAR = `${ARN}:thing/car`;

let clock: ManualClock;
let store: Store;
let registry: Registry;
let commands: IotCommands;
let published: Publication[];
let authorized: string[];

function open(): void {
  registry = new Registry(store, DEFAULT_ACCOUNT, clock);
  commands = openIotCommands(
    registry,
    async (publication) => void published.push(publication),
    (line) => {
      throw new Error(line);
    },
  );
  commands.resume();
}

beforeEach(() => {
  clock = new ManualClock();
  store = openStore(':memory:');
  [published, authorized] = [[], []];
  open();
  registry.things.create({ thingName: 'car' });
});

async function call(name: string, input: OperationInput = {}): Promise<Json> {
  const operation = { ...commands.operations, ...commands.dataOperations }[name]!;
  const authorize = (action: string, resource: string): void => void authorized.push(`${action} ${resource}`);
  return (await operation.run(input, { account: DEFAULT_ACCOUNT, authorize } as OperationContext)) as Json;
}

const lock = (more: Json = {}): Promise<Json> =>
  call('CreateCommand', {
    commandId: 'LockDoor',
    payload: { content: Buffer.from('{ "message": "Hello IoT" }'), contentType: 'application/json' },
    ...more,
  });
const light = (more: Json = {}): Promise<Json> =>
  call('CreateCommand', {
    commandId: 'Light_Power_Status',
    payloadTemplate: '{"powerStatus":"${aws:iot:commandexecution::parameter:powerStatus}"}',
    preprocessor: { awsJsonSubstitution: { outputFormat: 'JSON' } },
    mandatoryParameters: [
      {
        name: 'powerStatus',
        defaultValue: { S: 'OFF' },
        valueConditions: [{ comparisonOperator: 'IN_SET', operand: { strings: ['ON', 'OFF'] } }],
      },
    ],
    ...more,
  });
async function start(commandId: string, more: Json = {}): Promise<string> {
  const input = { commandArn: `${ARN}:command/${commandId}`, targetArn: CAR, ...more };
  return (await call('StartCommandExecution', input))['executionId'] as string;
}
const execution = (executionId: string): Promise<Json> =>
  call('GetCommandExecution', { executionId, targetArn: CAR, includeResult: true });
const request = (): Publication => published.findLast(({ topic }) => topic.includes('/request'))!;
const events = (): string[] =>
  published.flatMap(({ topic }) => (topic.startsWith('$aws/events/') ? [topic.split('/').at(-1)!] : []));

async function report(executionId: string, update: Json, format: 'json' | 'cbor' = 'json'): Promise<Json> {
  const replies = await commands.topics.handle(
    {
      topic: `$aws/commands/things/car/executions/${executionId}/response/${format}`,
      payload: await encodePayload(format, update),
      ...{ qos: 1, retain: false, source: { protocol: 'mqtt' }, receivedAt: 0 },
    },
    { clientId: 'car', principal: 'p', protocol: 'mqtt' },
  );
  const [reply] = replies as Exclude<typeof replies, string>;
  const outcome = reply!.topic.split('/').at(-2)!;
  return { outcome, ...(await decodePayload(format, reply!.payload)) };
}

describe('a command execution', () => {
  test('is sent to the device, reported on and read back', async () => {
    await lock();
    const executionId = await start('LockDoor', { executionTimeoutSeconds: 900 });
    expect(authorized).toEqual([
      `iot:StartCommandExecution ${ARN}:command/LockDoor`,
      `iot:StartCommandExecution ${CAR}`,
    ]);
    expect(request()).toMatchObject({
      topic: `$aws/commands/things/car/executions/${executionId}/request/json`,
      properties: { contentType: 'application/json', messageExpiryInterval: 900 },
    });
    expect(request().payload.toString()).toBe('{ "message": "Hello IoT" }');
    expect(await report(executionId, { status: 'IN_PROGRESS', clientToken: 't' })).toEqual({
      ...{ outcome: 'accepted', clientToken: 't', executionId },
    });
    const statusReason = { reasonCode: '200', reasonDescription: 'Execution_in_progress' };
    const result = { sn: { s: 'ABC-001' }, digital: { b: true }, raw: { bin: 'AQI=' } };
    await report(executionId, { status: 'SUCCEEDED', statusReason, result });
    expect(await execution(executionId)).toMatchObject({
      ...{ status: 'SUCCEEDED', statusReason, completedAt: new Date(clock.now()) },
      result: { sn: { S: 'ABC-001' }, digital: { B: true }, raw: { BIN: Buffer.from([1, 2]) } },
    });
    expect(events()).toEqual(['CREATED', 'IN_PROGRESS', 'SUCCEEDED']);
  });

  test('goes to a client that is no thing, in CBOR and in other formats', async () => {
    await lock({ payload: { content: Buffer.from([1]), contentType: 'image/png' } });
    const executionId = await start('LockDoor', { targetArn: `${ARN}:client/phone` });
    expect(request().topic).toBe(`$aws/commands/clients/phone/executions/${executionId}/request`);
    await light({ preprocessor: { awsJsonSubstitution: { outputFormat: 'CBOR' } } });
    const other = await start('Light_Power_Status');
    expect(request().topic).toMatch(/request\/cbor$/);
    expect(await decodePayload('cbor', request().payload)).toEqual({ powerStatus: 'OFF' });
    expect(
      await report(other, { status: 'SUCCEEDED', result: { a: { bin: Buffer.from('x') } } }, 'cbor'),
    ).toMatchObject({
      outcome: 'accepted',
    });
  });

  test('times out after ten seconds, which the device may still override', async () => {
    await lock();
    const executionId = await start('LockDoor');
    await clock.advance(9_999);
    expect(await execution(executionId)).toMatchObject({ status: 'CREATED' });
    await clock.advance(1);
    const timedOut = await execution(executionId);
    expect(timedOut).toMatchObject({
      ...{ status: 'TIMED_OUT', statusReason: { reasonCode: '$NO_RESPONSE_FROM_DEVICE' } },
    });
    expect(timedOut['completedAt']).toBeUndefined();
    expect(await report(executionId, { status: 'IN_PROGRESS' })).toMatchObject({ error: 'InvalidStateTransition' });
    expect(await report(executionId, { status: 'FAILED' })).toMatchObject({ outcome: 'accepted' });
    expect(await execution(executionId)).toMatchObject({ status: 'FAILED' });
  });

  test('times out after a restart too', async () => {
    await lock();
    const executionId = await start('LockDoor', { executionTimeoutSeconds: 60 });
    commands.close();
    open();
    await clock.advance(60_000);
    expect(await execution(executionId)).toMatchObject({ status: 'TIMED_OUT' });
  });

  test.each<[string, Json[], string]>([
    ['after its end', [{ status: 'SUCCEEDED' }, { status: 'IN_PROGRESS' }], 'TerminalStateReached'],
    ['after its own time-out', [{ status: 'TIMED_OUT' }, { status: 'FAILED' }], 'InvalidStateTransition'],
    ['with a status of the cloud', [{ status: 'CREATED' }], 'InvalidRequest'],
    ['with an empty result', [{ status: 'FAILED', result: {} }], 'InvalidRequest'],
    ['with capital keys', [{ status: 'FAILED', result: { a: { S: 'x' } } }], 'InvalidRequest'],
    ['with a lower-case reason', [{ status: 'FAILED', statusReason: { reasonCode: 'busy' } }], 'InvalidRequest'],
  ])('rejects a report %s', async (_, updates, error) => {
    await lock();
    const executionId = await start('LockDoor');
    let answer: Json = {};
    for (const update of updates) answer = await report(executionId, update);
    expect(answer).toMatchObject({ outcome: 'rejected', executionId, error });
  });

  test('rejects a report on what was never started', async () => {
    expect(await report('none', { status: 'FAILED' })).toMatchObject({ error: 'ResourceNotFound' });
  });

  test('is started once for one client token', async () => {
    await lock();
    const first = await start('LockDoor', { clientToken: 'again' });
    expect(await start('LockDoor', { clientToken: 'again' })).toBe(first);
    expect(published.filter(({ topic }) => topic.includes('/request'))).toHaveLength(1);
  });

  test('is listed newest first, filtered, and deleted once it has ended', async () => {
    await lock();
    const first = await start('LockDoor');
    await clock.advance(1000);
    const second = await start('LockDoor');
    const ids = async (more: Json = {}): Promise<unknown[]> =>
      ((await call('ListCommandExecutions', { targetArn: CAR, ...more }))['commandExecutions'] as Json[]).map(
        (found) => found['executionId'],
      );
    expect(await ids()).toEqual([second, first]);
    expect(await ids({ sortOrder: 'ASCENDING' })).toEqual([first, second]);
    const input = { executionId: first, targetArn: CAR };
    await expect(call('DeleteCommandExecution', input)).rejects.toMatchObject({ code: 'ConflictException' });
    await report(first, { status: 'REJECTED' });
    expect(await ids({ status: 'REJECTED' })).toEqual([first]);
    await call('DeleteCommandExecution', input);
    expect(await ids()).toEqual([second]);
  });
});

describe('parameters', () => {
  test.each<[Json, string]>([
    [{}, 'OFF'],
    [{ parameters: { powerStatus: { S: 'ON' } } }, 'ON'],
  ])('%j send %s', async (given, sent) => {
    await light();
    await start('Light_Power_Status', given);
    expect(JSON.parse(request().payload.toString())).toEqual({ powerStatus: sent });
  });

  test.each<[string, Json]>([
    ['against a condition', { powerStatus: { S: 'DIM' } }],
    ['that the command does not have', { other: { S: 'ON' } }],
    ['of two types', { powerStatus: { S: 'ON', B: true } }],
  ])('%s are refused', async (_, parameters) => {
    await light();
    await expect(start('Light_Power_Status', { parameters })).rejects.toMatchObject({ code: 'ValidationException' });
  });

  // Developer guide, "Parameter value conditions": the range includes its ends.
  test.each([
    ['IN_RANGE', { numberRange: { min: '60', max: '80' } }, [60, 72, 80], [59, 81]],
    ['NOT_IN_RANGE', { numberRange: { min: '60', max: '80' } }, [59, 81], [60, 80]],
    ['EQUALS', { number: '70' }, [70], [71]],
    ['NOT_EQUALS', { number: '70' }, [71], [70]],
    ['GREATER_THAN', { number: '70' }, [71], [70]],
    ['GREATER_THAN_EQUALS', { number: '70' }, [70], [69]],
    ['LESS_THAN', { number: '70' }, [69], [70]],
    ['LESS_THAN_EQUALS', { number: '70' }, [70], [71]],
    ['IN_SET', { numbers: ['1', '2'] }, [1, 2], [3]],
    ['NOT_IN_SET', { numbers: ['1', '2'] }, [3], [1]],
  ])('%s %j', async (comparisonOperator, operand, allowed, refused) => {
    await light({
      commandId: 'SetTemperature',
      payloadTemplate:
        '{"t":"${aws:iot:commandexecution::parameter:t}","after":"${aws:iot:commandexecution::executionTimeoutSec} s"}',
      mandatoryParameters: [{ name: 't', type: 'INTEGER', valueConditions: [{ comparisonOperator, operand }] }],
    });
    for (const I of allowed) {
      await start('SetTemperature', { parameters: { t: { I } } });
      expect(JSON.parse(request().payload.toString())).toEqual({ t: I, after: '10 s' });
    }
    for (const I of refused)
      await expect(start('SetTemperature', { parameters: { t: { I } } })).rejects.toThrow(/satisfy/);
    await expect(start('SetTemperature')).rejects.toThrow(/no value/);
  });
});

describe('a command', () => {
  test('is described, updated, deprecated and deleted after its last execution can have ended', async () => {
    expect(await lock({ displayName: 'Lock' })).toEqual({
      commandId: 'LockDoor',
      commandArn: `${ARN}:command/LockDoor`,
    });
    expect(await call('GetCommand', { commandId: 'LockDoor' })).toMatchObject({
      ...{ namespace: 'AWS-IoT', displayName: 'Lock', deprecated: false, pendingDeletion: false },
      payload: { content: Buffer.from('{ "message": "Hello IoT" }'), contentType: 'application/json' },
    });
    await call('UpdateCommand', { commandId: 'LockDoor', deprecated: true });
    await expect(start('LockDoor')).rejects.toMatchObject({ code: 'ValidationException' });
    expect(await call('DeleteCommand', { commandId: 'LockDoor' })).toEqual({ statusCode: 202 });
    expect(await call('ListCommands')).toEqual({ commands: [] });
    expect(await call('GetCommand', { commandId: 'LockDoor' })).toMatchObject({ pendingDeletion: true });
    await clock.advance(12 * 3_600_000);
    await expect(call('GetCommand', { commandId: 'LockDoor' })).rejects.toMatchObject({ statusCode: 404 });
  });

  test.each<[string, Json, RegExp]>([
    ['both a payload and a template', { payload: { content: Buffer.from('x') } }, /either a payload or/],
    ['a template that is not JSON', { payloadTemplate: '{' }, /not JSON/],
    ['a template without placeholder', { payloadTemplate: '{}' }, /at least one placeholder/],
    ['a placeholder of no parameter', { mandatoryParameters: [] }, /is no parameter/],
    ['another namespace', { namespace: 'AWS-IoT-FleetWise' }, /not supported/],
    ['a bad id', { commandId: 'a b' }, /Invalid commandId/],
  ])('with %s is refused', async (_, more, message) => {
    await expect(light(more)).rejects.toThrow(message);
  });

  test('is made by a stack, which changes its description in place', async () => {
    const [provider] = commands.providers;
    const properties = {
      CommandId: 'Honk',
      Payload: { Content: 'AQ==', ContentType: 'application/octet-stream' },
      MandatoryParameters: [{ Name: 'times', DefaultValue: { I: 2 } }],
    };
    const resource = { stackName: 's', stackId: 's', logicalId: 'l', type: 'AWS::IoT::Command', assemblyFolder: '/' };
    const request = { ...resource, properties, account: DEFAULT_ACCOUNT };
    expect(await provider!.create(request)).toEqual({
      ...{ physicalId: 'Honk', attributes: { CommandArn: `${ARN}:command/Honk` } },
    });
    const changed = { ...properties, Description: 'Honks' };
    const update = { ...request, physicalId: 'Honk', previousProperties: properties, properties: changed };
    await provider!.update(update);
    expect(await call('GetCommand', { commandId: 'Honk' })).toMatchObject({
      ...{ description: 'Honks', mandatoryParameters: [{ name: 'times', defaultValue: { I: 2 } }] },
    });
    await provider!.delete({ ...update, previousProperties: changed });
    expect(await call('ListCommands')).toEqual({ commands: [] });
  });
});
