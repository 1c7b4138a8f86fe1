import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { wildcardPattern } from '../../../twin/policy-language/template.ts';

/** The textbook definition, by dynamic programming: slow, obvious, and without backtracking either. */
function matchesByDefinition(pattern: string, text: string): boolean {
  let row = [true, ...Array.from({ length: text.length }, () => false)];
  for (const symbol of pattern) {
    const next = [symbol === '*' && row[0]!];
    for (let at = 1; at <= text.length; at++) {
      next[at] =
        symbol === '*' ? next[at - 1]! || row[at]! : row[at - 1]! && (symbol === '?' || symbol === text[at - 1]);
    }
    row = next;
  }
  return row[text.length]!;
}

describe('wildcards of the policy language', () => {
  test.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['*', 'a/b:c', true],
    ['?', '', false],
    ['?', '/', true],
    ['a*', 'a', true],
    ['a*b', 'ab', true],
    ['a*b', 'aXbX', false],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['*ab*ab*', 'xabyab', true],
    ['*ab*ab', 'xab', false],
    ['sensor???', 'sensor123', true],
    ['sensor???', 'sensor12', false],
    ['some/*/topic', 'some/a/b/topic', true],
    ['some/*/topic', 'some/topic', false],
    ['*?b', 'bb', true],
    ['a.c', 'abc', false],
    ['a+', 'aa', false],
    ['**a**', 'xax', true],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(wildcardPattern(pattern).matches(text)).toBe(expected);
  });

  test('agree with their definition on any pattern and text', () => {
    const letters = (alphabet: string): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 });
    fc.assert(
      fc.property(letters('ab*?/'), letters('ab/'), (pattern, text) => {
        expect(wildcardPattern(pattern).matches(text)).toBe(matchesByDefinition(pattern, text));
      }),
      { numRuns: 5000 },
    );
  });

  test('do not backtrack: a pattern of many stars over a long text that nearly matches is decided at once', () => {
    const started = performance.now();
    expect(wildcardPattern(`${'*a'.repeat(1000)}*b`).matches('a'.repeat(100_000))).toBe(false);
    expect(wildcardPattern(`${'*a?'.repeat(500)}*b`).matches('a'.repeat(20_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('a pattern cut after a fixed beginning', () => {
  test('matches the rest exactly when the pattern matches the whole', () => {
    const letters = (alphabet: string): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 6 });
    fc.assert(
      fc.property(letters('ab*?'), letters('ab'), letters('ab'), (source, beginning, rest) => {
        const pattern = wildcardPattern(source);
        const cut = pattern.after(beginning);
        const matches = cut !== undefined && cut.matches(cut === pattern ? beginning + rest : rest);
        expect(matches).toBe(pattern.matches(beginning + rest));
      }),
      { numRuns: 5000 },
    );
  });
});
