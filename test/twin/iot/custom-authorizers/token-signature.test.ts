import { createSign, generateKeyPairSync } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { isSignedBy } from '../../../../twin/iot/custom-authorizers/token-signature.ts';

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
