import { describe, expect, test } from '@jest/globals';

import { readVerdict } from '../../../../twin/iot/custom-authorizers/verdict.ts';

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
