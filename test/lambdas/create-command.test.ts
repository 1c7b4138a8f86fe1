import { describe, expect, test } from '@jest/globals';
import { createCommand, type CreateRequest } from '../../lambdas/commands-api/create-command.ts';
import { getCommand } from '../../lambdas/commands-api/get-command.ts';
import { failureProblem, Problem, problemResponse } from '../../lambdas/commands-api/response.ts';
import type { DeliveryOutcome } from '../../lambdas/shared/deliver.ts';
import { MemoryLedger } from './memory-ledger.ts';

function scene(delivery: () => Promise<DeliveryOutcome> = async () => 'done') {
  const ledger = new MemoryLedger();
  const effects: string[] = [];
  const clock = { now: 1_000_000 };
  const dependencies = {
    ledger,
    timers: {
      set: async (_timer: unknown, at: number) => {
        effects.push(`timer ${at - clock.now}`);
      },
    },
    vehicles: { has: async (thing: string) => thing === 'V1' },
    now: () => clock.now,
    deliver: async (thing: string) => {
      effects.push(`deliver ${thing} with ${ledger.records.size} in the ledger`);
      return delivery();
    },
    onDeliveryError: () => 'failed' as const,
  };
  const create = (request: Partial<CreateRequest> = {}) =>
    createCommand({ thing: 'V1', team: 'operations', body: '{"command":"doors.unlock"}', ...request }, dependencies);
  return { ledger, effects, clock, create, dependencies };
}

describe('creating a command', () => {
  test('sets the timer, writes the ledger, then delivers', async () => {
    const { effects, create } = scene();
    const view = await create();
    expect(effects).toEqual(['timer 30000', 'deliver V1 with 1 in the ledger']);
    expect(view).toMatchObject({ thing: 'V1', command: 'doors.unlock', state: 'QUEUED', arguments: {} });
    expect(view.deadline).toBe(new Date(1_030_000).toISOString());
  });

  test('twice with one idempotency key creates one command', async () => {
    const { ledger, create } = scene();
    const first = await create({ idempotencyKey: 'k' });
    const second = await create({ idempotencyKey: 'k' });
    expect(second.id).toBe(first.id);
    expect(ledger.records.size).toBe(1);
  });

  test('with the key of another team or vehicle is another command', async () => {
    const { ledger, create, dependencies } = scene();
    dependencies.vehicles.has = async () => true;
    for (const request of [{}, { team: 'other' }, { thing: 'V2' }]) await create({ ...request, idempotencyKey: 'k' });
    expect(ledger.records.size).toBe(3);
  });

  test('without a key is a new command each time', async () => {
    const { ledger, create } = scene();
    await create();
    await create();
    expect(ledger.records.size).toBe(2);
  });

  test('stands even when its delivery breaks off, and is tried again soon', async () => {
    const { effects, create } = scene(() => Promise.reject(new Error('no network')));
    expect((await create()).state).toBe('QUEUED');
    expect(effects.at(-1)).toBe('timer 5000');
  });

  test.each([
    ['no JSON', { body: 'doors.unlock' }, 'invalid-request', undefined],
    ['no object', { body: '[]' }, 'invalid-request', ''],
    ['no command', { body: '{}' }, 'invalid-request', ''],
    ['a member too many', { body: '{"command":"horn.honk","loud":true}' }, 'invalid-request', ''],
    ['an unknown command', { body: '{"command":"engine.explode"}' }, 'unknown-command', undefined],
    ['an inherited name for a command', { body: '{"command":"constructor"}' }, 'unknown-command', undefined],
    [
      'wrong arguments',
      { body: '{"command":"horn.honk","arguments":{"times":9}}' },
      'invalid-arguments',
      '/arguments/times',
    ],
    ['no time to live', { body: '{"command":"horn.honk","timeToLive":0}' }, 'invalid-request', '/timeToLive'],
    [
      'too much time to live',
      { body: '{"command":"doors.unlock","timeToLive":301}' },
      'invalid-request',
      '/timeToLive',
    ],
    ['an empty key', { idempotencyKey: '' }, 'invalid-request', undefined],
    ['a key with a line break', { idempotencyKey: 'a\nb' }, 'invalid-request', undefined],
    ['an unknown vehicle', { thing: 'V2' }, 'unknown-vehicle', undefined],
    ['no vehicle name', { thing: '../V1' }, 'unknown-vehicle', undefined],
  ])('with %s is refused, and creates nothing', async (_name, request, kind, pointer) => {
    const { ledger, effects, create } = scene();
    const problem = await create(request).then(
      () => undefined,
      (error: unknown) => error as Problem,
    );
    expect(problem).toBeInstanceOf(Problem);
    expect(problem!.document.type).toBe(`urn:iov:problem:${kind}`);
    if (pointer !== undefined) expect(problem!.document.errors?.map((each) => each.pointer)).toContain(pointer);
    expect([ledger.records.size, effects]).toEqual([0, []]);
  });

  test('with the key of a different request is refused', async () => {
    const { create } = scene();
    await create({ idempotencyKey: 'k' });
    const other = create({ idempotencyKey: 'k', body: '{"command":"horn.honk"}' });
    await expect(other).rejects.toMatchObject({ document: { status: 422 } });
  });
});

describe('looking a command up', () => {
  test('tells the truth when the deadline has passed, also when nobody else has noticed', async () => {
    const { clock, create, dependencies } = scene();
    const { id } = await create();
    clock.now += 30_000;
    expect((await getCommand('V1', id, dependencies)).state).toBe('EXPIRED');
  });

  test('shows result, reason and late answers', async () => {
    const { ledger, clock, create, dependencies } = scene();
    const { id } = await create();
    const say = (answer: object) => ledger.change('V1', id, { type: 'answer', answer: answer as never }, clock.now);
    await say({ status: 'SUCCEEDED', result: { locked: false } });
    await say({ status: 'FAILED', reason: { code: 'jammed' } });
    expect(await getCommand('V1', id, dependencies)).toMatchObject({
      state: 'SUCCEEDED',
      result: { locked: false },
      lateAnswerCount: 1,
      lateAnswers: [{ status: 'FAILED', reason: { code: 'jammed' } }],
    });
  });

  test.each([
    ['V1', 'nothing'],
    ['V2', 'nothing'],
    ['V1', 'a/b'],
    ['', ''],
  ])('%p %p finds nothing', async (thing, id) => {
    await expect(getCommand(thing, id, scene().dependencies)).rejects.toMatchObject({ document: { status: 404 } });
  });
});

describe('problems', () => {
  test('are answered as RFC 9457 documents', () => {
    const response = problemResponse(
      new Problem('unknown-vehicle', 'there is no vehicle V2'),
      '/v1/vehicles/V2/commands',
    );
    expect(response).toMatchObject({ statusCode: 404, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(response.body!)).toEqual({
      type: 'urn:iov:problem:unknown-vehicle',
      title: 'There is no such vehicle',
      status: 404,
      detail: 'there is no vehicle V2',
      instance: '/v1/vehicles/V2/commands',
      retry: false,
    });
  });

  test.each([
    [Object.assign(new Error('secret'), { $metadata: { httpStatusCode: 429 } }), 503],
    [Object.assign(new Error('secret'), { $metadata: { httpStatusCode: 400 } }), 500],
    [new TypeError('secret'), 500],
    [undefined, 500],
  ])('of ours say to try again and nothing else', (error, status) => {
    const { document } = failureProblem(error);
    expect([document.status, document.retry]).toEqual([status, true]);
    expect(JSON.stringify(document)).not.toContain('secret');
  });
});
