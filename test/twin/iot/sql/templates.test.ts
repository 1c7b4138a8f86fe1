import { describe, expect, test } from '@jest/globals';

import {
  compileTemplate,
  EvaluationFailure,
  SqlSyntaxError,
  type Externals,
  type Variables,
} from '../../../../twin/iot/sql/index.ts';
import { messageWith, RECEIVED_AT } from './evaluation.ts';

const PAYLOAD = { device_id: 'd-1', coords: { lat: 47.6 }, n: null, list: [1, 'x'], flag: true, brace: '}' };

async function render(text: string, variables: Variables = {}, externals: Externals = {}): Promise<string> {
  return compileTemplate(text).evaluate(messageWith(PAYLOAD), variables, externals);
}

describe('substitution templates', () => {
  test.each([
    ['plain text', 'plain text'],
    ['', ''],
    ['costs $5 {really}', 'costs $5 {really}'],
    ['${topic()}/republish', 'things/myThings/thingOne/republish'],
    ['device/${device_id}', 'device/d-1'],
    ['${topic(2)}-${clientid()}', 'myThings-client-1'],
    ["${parse_time('yyyy', timestamp(), 'UTC')}", '2016'],
    ['${timestamp()}', String(RECEIVED_AT)],
    ['${coords.lat + 0.1}', '47.7'],
    ['${coords}', '{"lat":47.6}'],
    ['${list}', '[1,"x"]'],
    ['${flag}', 'true'],
    ['a${missing}b', 'ab'],
    ['a${n}b', 'ab'],
    ['a${n}', 'a'],
    ['${concat(\'}\', "{", brace)}', '}{}'],
    ["${get({'a': {'b': 1}}, 'a')}", '{"b":1}'],
    ['${  device_id  }', 'd-1'],
    ["${CASE flag WHEN true THEN 'yes' ELSE 'no' END}", 'yes'],
    ['temp-${@temp_celsius}C.json', 'temp-23C.json'],
    ['${@config.mode}', 'fast'],
    ['${@unknown}', ''],
    ['${*}', JSON.stringify(PAYLOAD)],
    ['$${device_id}$', '$d-1$'],
  ])('%s becomes %s', async (template, expected) => {
    expect(await render(template, { temp_celsius: 23, config: { mode: 'fast' } })).toBe(expected);
  });

  test('text without ${ is a constant that costs no evaluation', () => {
    expect(compileTemplate('iov.telemetry').constant).toBe('iov.telemetry');
    expect(compileTemplate('${topic()}').constant).toBeUndefined();
  });

  test('answers without a promise unless it has to wait', () => {
    expect(compileTemplate('${device_id}').evaluate(messageWith(PAYLOAD), {}, {})).toBe('d-1');
    const secret = "${get_secret('s', 'SecretString', 'key', 'arn:aws:iam::1:role/r')}";
    expect(compileTemplate(secret).evaluate(messageWith(PAYLOAD), {}, { getSecret: () => 'cached' })).toBe('cached');
  });

  test('waits for what an external function fetches', async () => {
    const asked: unknown[] = [];
    const externals: Externals = {
      getSecret: async (request) => {
        asked.push(request);
        return 'hunter2';
      },
    };
    const text = "user:${get_secret('AmazonMSK_iov', 'SecretString', 'password', 'arn:aws:iam::1:role/r')}";
    expect(await render(text, {}, externals)).toBe('user:hunter2');
    expect(asked).toEqual([
      { secretId: 'AmazonMSK_iov', secretType: 'SecretString', key: 'password', roleArn: 'arn:aws:iam::1:role/r' },
    ]);
  });

  test('fails where an external function fails', async () => {
    await expect(render("${get_secret('s', 'SecretString', 'arn:aws:iam::1:role/r')}")).rejects.toThrow(
      EvaluationFailure,
    );
    expect(await render("${get_or_default(get_secret('s', 'SecretString', 'r'), 'none')}")).toBe('none');
  });

  test.each([
    ['${', 'expected an expression'],
    ['${}', 'expected an expression'],
    ['${device_id', 'expected "}"'],
    ['${a b}', 'expected "}"'],
    ['${SELECT a}', 'expected an expression'],
    ["${decode(*, 'proto', 'b', 'k', 'f', 'm')}", 'cannot decode protobuf'],
  ])('%s is refused', (template, message) => {
    expect(() => compileTemplate(template)).toThrow(SqlSyntaxError);
    expect(() => compileTemplate(template)).toThrow(message);
  });
});
