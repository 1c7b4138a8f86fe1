import { describe, expect, test } from '@jest/globals';

import { outputOf, run, textOf, valueOf } from './evaluation.ts';

const BINARY = Buffer.from([0xff, 0x00, 0x10]);

async function outputBytes(sql: string, payload: unknown): Promise<Buffer> {
  const outcome = await run(sql, { payload });
  if ('failed' in outcome || !outcome.fires) throw new Error('the rule did not fire');
  return outcome.output.bytes();
}

describe('a payload that is not JSON', () => {
  test('passes through SELECT * byte for byte', async () => {
    expect(await outputBytes("SELECT * FROM 'a'", BINARY)).toEqual(BINARY);
    expect(await outputBytes("SELECT VALUE * FROM 'a'", BINARY)).toEqual(BINARY);
    expect(await outputBytes("SELECT * FROM 'a' WHERE timestamp() % 5 = 0", BINARY)).toEqual(BINARY);
  });

  test('becomes base64 where values are put beside it', async () => {
    expect(await outputOf("SELECT *, topic(1) AS t FROM 'a'", { payload: BINARY })).toEqual({
      payload: '/wAQ',
      t: 'things',
    });
    expect(await outputOf("SELECT * AS raw, 1 AS n FROM 'a'", { payload: BINARY })).toEqual({ raw: '/wAQ', n: 1 });
  });

  test('can be encoded', async () => {
    expect(
      await outputOf("SELECT encode(*, 'base64') AS data, timestamp() AS ts FROM 'a'", { payload: BINARY }),
    ).toMatchObject({ data: '/wAQ' });
  });

  test('has no keys', async () => {
    expect(await outputOf("SELECT color FROM 'a'", { payload: BINARY })).toEqual({});
    expect(await valueOf("get(*, 'color')", { payload: BINARY })).toBeUndefined();
  });

  test.each([['{"a":1'], ['hello'], ["{'a':1}"], ['{"a":1}x'], ['NaN']])('%s has none either', async (payload) => {
    expect(await valueOf('a', { payload })).toBeUndefined();
    expect((await outputBytes("SELECT * FROM 'a'", payload)).toString()).toBe(payload);
  });

  test('bytes that are not UTF-8 do not make a String', async () => {
    const payload = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(await valueOf('a', { payload })).toBeUndefined();
    expect(await valueOf('a', { payload: '{"a":"\ufffd"}' })).toBe('\ufffd');
  });

  test('an empty payload can have values added', async () => {
    expect(await outputOf("SELECT *, principal() AS p FROM 'a'", { payload: '' })).toEqual({ p: 'ba67293a' });
    expect((await outputBytes("SELECT * FROM 'a'", '')).length).toBe(0);
  });

  test.each([
    ['"a string"', 'a string'],
    ['80', 80],
    ['true', true],
  ])('%s can be decoded from its encoding', async (payload, expected) => {
    expect(await outputOf("SELECT decode(encode(*, 'base64'), 'base64') AS payload FROM 'topic'", { payload })).toEqual(
      { payload: expected },
    );
  });
});

describe('a JSON payload', () => {
  test('passes through SELECT * as it was written', async () => {
    const payload = '{ "b": 1.50, "a": 10.0 }';
    expect((await outputBytes("SELECT * FROM 'a'", payload)).toString()).toBe(payload);
  });

  test('keeps keys that SQL cannot name', async () => {
    const payload = { 'with space': 1, 'a-b': 2 };
    expect(await outputOf("SELECT *, 3 AS c FROM 'a'", { payload })).toEqual({ ...payload, c: 3 });
  });

  test('is not changed by aliases that reach into it', async () => {
    const outcome = await run("SELECT *, 2 AS o.y FROM 'a' WHERE true", { payload: { o: { x: 1 } } });
    expect(outcome).toMatchObject({ fires: true });
    expect(await outputOf("SELECT 2 AS o.y, o AS before FROM 'a'", { payload: { o: { x: 1 } } })).toEqual({
      o: { y: 2 },
      before: { x: 1 },
    });
  });

  test.each([
    ['12345678901234567890', '12345678901234567890'],
    ['1234567890123456789012345678901234', '1234567890123456789012345678901234'],
    ['0.1234567890123456789', '0.1234567890123456789'],
    ['47.61569412345678', '47.61569412345678'],
    ['1e400', '1E+400'],
    ['-0', '0'],
    ['1E2', '100'],
    ['9007199254740993', '9007199254740993'],
  ])('keeps the number %s exact', async (number, expected) => {
    expect(await textOf('x', { payload: `{"x":${number}}` })).toBe(expected);
  });

  test('nested deeper than 1,000 levels is read as if it were not JSON', async () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)},"b":1}`;
    expect(await valueOf('b', { payload: nested(900) })).toBe(1);
    expect(await valueOf('b', { payload: nested(2_000) })).toBeUndefined();
    expect(await valueOf('b', { payload: nested(60_000) })).toBeUndefined();
    expect(await valueOf('b', { payload: `{"s":"${'['.repeat(5_000)}","b":1}` })).toBe(1);
  });

  test('that is an array can be read with get() and put beside values', async () => {
    expect(await valueOf('get(*, 1)', { payload: [1, 2] })).toBe(2);
    expect(await outputOf("SELECT *, 1 AS x FROM 'a'", { payload: [1, 2] })).toEqual({ payload: [1, 2], x: 1 });
    expect(await outputOf("SELECT VALUE * FROM 'a'", { payload: [1, 2] })).toEqual([1, 2]);
  });
});

describe('evaluation without externals', () => {
  test('does not parse the payload of a rule that passes it through', async () => {
    const payload = Buffer.from('{"a":1}');
    let reads = 0;
    const watched = new Proxy(payload, {
      get(target, key) {
        reads++;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const outcome = await run("SELECT * FROM 'a' WHERE topic(1) = 'things'", { message: { payload: watched } });
    expect(outcome).toMatchObject({ fires: true });
    expect(reads).toBe(0);
  });
});
