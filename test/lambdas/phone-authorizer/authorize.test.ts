import { beforeEach, describe, expect, test } from '@jest/globals';
import { phoneUserId } from '../../../contracts/phones.ts';
import { accessPolicies, LONGEST_DOCUMENT } from '../../../lambdas/phone-authorizer/access-policies.ts';
import { authorize, type AuthorizeDependencies } from '../../../lambdas/phone-authorizer/authorize.ts';
import type { AuthorizerEvent, PolicyDocument } from '../../../lambdas/phone-authorizer/authorizer-event.ts';
import { MOST_VEHICLES } from '../../../lambdas/phone-authorizer/ownership.ts';
import { passedArea, passedToken } from '../../../lambdas/phone-authorizer/passed.ts';
import { InvalidToken } from '../../../lambdas/phone-authorizer/token-verifier.ts';

const ISSUER = 'https://login.example.com';
const ARN = 'arn:aws:iot:us-east-1:123456789012:';
const NOW = Date.UTC(2026, 0, 1);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const mqtt = (more: object): AuthorizerEvent => ({ protocolData: { mqtt: more } });

let asked: string[];
let things: string[];
let expiresAt: number;
let dependencies: AuthorizeDependencies;

beforeEach(() => {
  asked = [];
  things = ['VIN1', 'VIN2'];
  expiresAt = NOW / 1000 + 3600;
  dependencies = {
    issuer: ISSUER,
    arnPrefix: ARN,
    verify: async (token) => {
      if (token !== 'good') throw new InvalidToken('signature verification failed');
      return { subject: 'anna', expiresAt };
    },
    ownership: async (owner) => (asked.push(owner), { things, hasMore: false }),
    now: () => NOW,
  };
});

const granted = (documents: readonly PolicyDocument[]): string[] =>
  documents.flatMap(({ Statement }) =>
    Statement.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((resource) => `${action} ${resource.slice(ARN.length)}`)),
    ),
  );

describe('a phone', () => {
  const user = phoneUserId(ISSUER, 'anna');

  test('with a good token gets its own topics, its vehicles and broadcasts: exactly this', async () => {
    const { response } = await authorize(mqtt({ password: base64('good'), username: '?area=u33d' }), dependencies);
    expect(asked).toEqual([`${ISSUER}#anna`]);
    expect(response).toMatchObject({ isAuthenticated: true, principalId: user, refreshAfterInSeconds: 300 });
    const both = (name: string) =>
      ['iot:Subscribe', 'iot:Receive'].flatMap((action) => [
        `${action} topicfilter/${name}`,
        `${action} topic/${name}`,
      ]);
    expect(granted(response.policyDocuments).sort()).toEqual(
      [
        `iot:Connect client/phone-${user}-*`,
        `iot:Publish topic/$aws/rules/telemetry/dt/phone/phone-${user}-*/telemetry`,
        `iot:Publish topic/$aws/rules/events/dt/phone/phone-${user}-*/event`,
        ...both('bc/all'),
        ...both('bc/area/u33d*'),
        ...both('dt/vehicle/VIN1/event'),
        ...both('dt/vehicle/VIN2/event'),
      ].sort(),
    );
  });

  test('without vehicles and area hears what all hear', async () => {
    things = [];
    const { response } = await authorize(mqtt({ password: base64('good') }), dependencies);
    expect(response.policyDocuments).toHaveLength(1);
    expect(granted(response.policyDocuments).filter((each) => each.includes('bc/area'))).toEqual([]);
  });

  test.each<[string, AuthorizerEvent, string]>([
    ['no token', mqtt({ username: 'anna' }), 'no token'],
    ['a bad token', mqtt({ password: base64('bad') }), 'signature verification failed'],
  ])('with %s is refused, and the table is not asked', async (_what, event, reason) => {
    const { response, note } = await authorize(event, dependencies);
    expect(response).toMatchObject({ isAuthenticated: false, policyDocuments: [] });
    expect(note.refused).toBe(reason);
    expect(asked).toEqual([]);
  });

  test('is told nothing about a failure of ours: the function fails, and AWS IoT refuses', async () => {
    const failing = { ...dependencies, verify: () => Promise.reject(new Error('no keys')) };
    await expect(authorize(mqtt({ password: base64('good') }), failing)).rejects.toThrow('no keys');
  });

  test.each([
    ['as long as its token lasts', 3600, 3600],
    ['at least as long as AWS IoT must keep it', 10, 300],
    ['at most a day', 1_000_000, 86_400],
  ])('stays %s', async (_how, left, seconds) => {
    expiresAt = NOW / 1000 + left;
    const { response } = await authorize(mqtt({ password: base64('good') }), dependencies);
    expect(response.disconnectAfterInSeconds).toBe(seconds);
  });

  test('appears in the log without its token, its subject and its name', async () => {
    const { note } = await authorize(mqtt({ password: base64('good'), username: 'anna' }), dependencies);
    expect(JSON.stringify(note)).not.toMatch(/good|anna/);
    expect(note).toMatchObject({ userId: user, vehicles: 2 });
  });
});

describe('the token', () => {
  test.each<[string, AuthorizerEvent, string | undefined]>([
    ["under the authorizer's token key name", { token: 't' }, 't'],
    ["in the user name's query", mqtt({ username: 'me?token=t', password: base64('other') }), 't'],
    ['in the HTTP query', { protocolData: { http: { queryString: '?token=t' } } }, 't'],
    ['in a header of its name', { protocolData: { http: { headers: { Token: 't' } } } }, 't'],
    ['in the MQTT password', mqtt({ username: 'me', password: base64('t') }), 't'],
    ['as a bearer', { protocolData: { http: { headers: { Authorization: 'Bearer t' } } } }, 't'],
    ['in another scheme', { protocolData: { http: { headers: { authorization: 'Basic t' } } } }, undefined],
    ['in an empty password', mqtt({ password: '' }), undefined],
    ['nowhere', {}, undefined],
  ])('%s', (_where, event, expected) => {
    expect(passedToken(event)).toBe(expected);
  });
});

describe('the area', () => {
  test.each<[string, AuthorizerEvent, string | undefined]>([
    ["in the user name's query", mqtt({ username: 'me?x=1&area=u33d' }), 'u33d'],
    ['in the HTTP query', { protocolData: { http: { queryString: '?area=u33dc' } } }, 'u33dc'],
    ['in a header', { protocolData: { http: { headers: { 'X-Iov-Area': 'u33d' } } } }, 'u33d'],
    ['that is the whole world', mqtt({ username: '?area=*' }), undefined],
    ['that is a continent', mqtt({ username: '?area=u3' }), undefined],
    ['with letters that no geohash has', mqtt({ username: '?area=aaaa' }), undefined],
    ['not asked for', mqtt({ username: 'me' }), undefined],
    ['in a user name that is no query', mqtt({ username: 'area=u33d' }), undefined],
  ])('%s', (_where, event, expected) => {
    expect(passedArea(event)).toBe(expected);
  });
});

describe('policies', () => {
  const longest = 'arn:aws-us-gov:iot:ap-southeast-99:123456789012:';
  const access = (count: number, name: (number: number) => string) =>
    accessPolicies(
      { userId: 'f'.repeat(32), things: Array.from({ length: count }, (_each, index) => name(index)), area: 'u33dc' },
      longest,
    );

  test.each([
    ['the most vehicles with the longest names', MOST_VEHICLES, (index: number) => String(index).padStart(64, 'V')],
    ['VINs', MOST_VEHICLES, (index: number) => `WVWZZZ1JZXW${String(index).padStart(6, '0')}`],
  ])('for %s keep the limits of AWS IoT in the longest Region', (_what, count, name) => {
    const documents = access(count, name);
    expect(documents.length).toBeLessThanOrEqual(10);
    for (const document of documents) expect(JSON.stringify(document).length).toBeLessThanOrEqual(LONGEST_DOCUMENT);
    expect(JSON.stringify(documents).match(/topicfilter\/dt\/vehicle/g)).toHaveLength(count);
  });

  test.each(['*', 'VIN?', 'a/b', '${iot:ClientId}', ''])('open nothing for an item that names %j', (thing) => {
    expect(accessPolicies({ userId: 'u', things: [thing] }, ARN)).toHaveLength(1);
  });
});
