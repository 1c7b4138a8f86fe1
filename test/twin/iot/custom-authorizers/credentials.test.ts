import { describe, expect, test } from '@jest/globals';

import { PassedCredentials } from '../../../../twin/iot/custom-authorizers/credentials.ts';

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
