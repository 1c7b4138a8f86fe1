import { createSign, generateKeyPairSync } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import type { ConnectRequest } from '../../../../twin/iot/broker/ports.ts';
import { PassedCredentials } from '../../../../twin/iot/custom-authorizers/credentials.ts';
import { authorizerEvent } from '../../../../twin/iot/custom-authorizers/event.ts';
import { isSignedBy } from '../../../../twin/iot/custom-authorizers/token-signature.ts';
import { readVerdict } from '../../../../twin/iot/custom-authorizers/verdict.ts';

const request: ConnectRequest = {
  transport: 'websocket',
  protocolVersion: 5,
  clientId: 'phone-1',
  username: 'anna?tok=t',
  password: Buffer.from('secret'),
  http: { headers: { host: 'localhost', tok: 'from-header' }, queryString: 'a=1&b=2' },
  serverName: 'localhost',
  sourceIp: '127.0.0.1',
  sourcePort: 1,
  cleanStart: true,
  persistent: false,
};

describe('what a client passes', () => {
  test.each<[string, Parameters<typeof http>, string, string | undefined]>([
    ["in its user name's query string", ['u?k=1&x=2'], 'k', '1'],
    ['in a user name that is only a query string', ['?k=1'], 'k', '1'],
    ['in the HTTP query string', [undefined, 'k=1'], 'k', '1'],
    ['in a header', [undefined, '', { k: '1' }], 'K', '1'],
    ['in the user name before HTTP', ['?k=1', 'k=2', { k: '3' }], 'k', '1'],
    ['in the HTTP query string before a header', [undefined, 'k=2', { k: '3' }], 'k', '2'],
    ['URL-encoded', ['?k=a%2Fb%3D%26'], 'k', 'a/b=&'],
    ['as base64 that was not encoded', ['?k=a+b/c=='], 'k', 'a+b/c=='],
    ['with a broken escape', ['?k=%zz'], 'k', '%zz'],
    ['without a value', ['?k'], 'k', ''],
    ['not at all', ['?k=1'], 'other', undefined],
    ['under the name of a member of every object', [undefined, '', {}], 'constructor', undefined],
  ])('%s is found', (_where, given, name, value) => {
    expect(new PassedCredentials(http(...given)).get(name)).toBe(value);
  });

  function http(username?: string, queryString = '', headers: Record<string, string> = {}) {
    return { username, http: { headers, queryString } };
  }

  test('names its authorizer in any case of letters', () => {
    const passed = new PassedCredentials({
      username: 'u?X-Amz-CustomAuthorizer-Name=phones&x-amz-customauthorizer-signature=s',
    });
    expect([passed.authorizerName, passed.tokenSignature]).toEqual(['phones', 's']);
  });
});

describe('the event of an authorizer', () => {
  test('says of MQTT over WebSocket what AWS documents', () => {
    expect(authorizerEvent(request, { token: 't', signatureVerified: true })).toEqual({
      token: 't',
      signatureVerified: true,
      protocols: ['tls', 'http', 'mqtt'],
      protocolData: {
        tls: { serverName: 'localhost' },
        http: { headers: { host: 'localhost', tok: 'from-header' }, queryString: '?a=1&b=2' },
        mqtt: { username: 'anna?tok=t', password: 'c2VjcmV0', clientId: 'phone-1' },
      },
      connectionMetadata: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  test('leaves out what the connection does not have', () => {
    const bare = { ...request, transport: 'tls' as const, clientId: '$GEN/1' };
    const event = authorizerEvent(
      { ...bare, username: undefined, password: undefined, http: undefined, serverName: undefined },
      { signatureVerified: false },
    );
    expect(event).toEqual({
      signatureVerified: false,
      protocols: ['tls', 'mqtt'],
      protocolData: { mqtt: {} },
      connectionMetadata: expect.anything(),
    });
  });

  test('has no MQTT in an HTTPS publish', () => {
    const { protocols, protocolData } = authorizerEvent(
      { ...request, transport: 'https' },
      { signatureVerified: false },
    );
    expect(protocols).toEqual(['tls', 'http']);
    expect(protocolData.mqtt).toBeUndefined();
  });

  test('carries the client certificate only where the domain asks for both', () => {
    const certificate = { certificateId: 'abc', der: Buffer.alloc(0), pem: 'PEM' };
    const tlsOf = (withCertificate: boolean) =>
      authorizerEvent({ ...request, certificate }, { signatureVerified: false }, withCertificate).protocolData.tls;
    expect(tlsOf(true)).toEqual({ serverName: 'localhost', x509CertificatePem: 'PEM', principalId: 'abc' });
    expect(tlsOf(false)).toEqual({ serverName: 'localhost' });
  });
});

describe('the signature of a token', () => {
  const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [first, second, stranger] = [pair(), pair(), pair()];
  const pem = (keys: ReturnType<typeof pair>) => keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const keys = { FirstKey: pem(first), SecondKey: pem(second) };
  const sign = (token: string, by: ReturnType<typeof pair>) =>
    createSign('SHA256').update(token).sign(by.privateKey, 'base64');

  test.each([
    ['the first key', sign('token', first), true],
    ['the second key, so that keys can be rotated', sign('token', second), true],
    ['a stranger', sign('token', stranger), false],
    ['nobody', '', false],
    ['noise', '!!!', false],
  ])('of %s', (_by, signature, expected) => {
    expect(isSignedBy(keys, 'token', signature)).toBe(expected);
  });

  test('is for this token', () => {
    expect(isSignedBy(keys, 'other token', sign('token', first))).toBe(false);
  });
});

describe('the answer of a function', () => {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: '*' }] };
  const answer = (more: object) =>
    readVerdict({ isAuthenticated: true, principalId: 'anna', policyDocuments: [document], ...more });

  test('is taken as it is', () => {
    expect(answer({ disconnectAfterInSeconds: 86_400, refreshAfterInSeconds: 300 })).toMatchObject({
      principalId: 'anna',
      disconnectAfterSeconds: 86_400,
      refreshAfterSeconds: 300,
      policyDocuments: [JSON.stringify(document)],
    });
  });

  test('may hold policies as text', () => {
    expect(answer({ policyDocuments: [JSON.stringify(document)] })!.policies).toHaveLength(1);
  });

  test('without intervals lets the connection last a day, without refresh', () => {
    const verdict = answer({})!;
    expect([verdict.disconnectAfterSeconds, verdict.refreshAfterSeconds]).toEqual([86_400, undefined]);
  });

  test('need say nothing more than that the client is not authenticated', () => {
    expect(readVerdict({ isAuthenticated: false })).toBeUndefined();
  });

  test.each<[string, object, RegExp]>([
    ['no verdict', { isAuthenticated: 'yes' }, /isAuthenticated/],
    ['a principal with a hyphen', { principalId: 'a-b' }, /principalId/],
    ['a principal of 129 characters', { principalId: 'a'.repeat(129) }, /principalId/],
    ['no principal', { principalId: undefined }, /principalId/],
    ['no policies', { policyDocuments: undefined }, /policyDocuments is not a list/],
    ['eleven policies', { policyDocuments: Array(11).fill(document) }, /11 documents, 10 at most/],
    ['a policy of 2049 characters', { policyDocuments: [{ ...document, Id: 'x'.repeat(2048) }] }, /longer than 2048/],
    ['a broken policy', { policyDocuments: ['{'] }, /document 1 is malformed/],
    ['an interval below 300 s', { disconnectAfterInSeconds: 299 }, /disconnectAfterInSeconds .* 300 to 86400/],
    ['an interval above a day', { refreshAfterInSeconds: 86_401 }, /refreshAfterInSeconds/],
    ['an interval with a fraction', { refreshAfterInSeconds: 300.5 }, /refreshAfterInSeconds/],
  ])('with %s is of no use', (_what, more, expected) => {
    expect(() => answer(more)).toThrow(expected);
  });
});
