import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { Pattern } from '../../../../twin/iot/sql/pattern/matcher.ts';
import { PatternSyntaxError } from '../../../../twin/iot/sql/pattern/syntax.ts';

const ignore = (): void => undefined;

function find(expression: string, text: string): string | undefined {
  return new Pattern(expression).find(text, 0, ignore)?.group(0);
}

describe("regular expressions follow java.util.regex's syntax", () => {
  test.each<[string, string, string | undefined]>([
    ['abc', 'xabcx', 'abc'],
    ['', 'x', ''],
    ['a|b|c', 'xxc', 'c'],
    ['a|ab', 'ab', 'a'],
    ['(a|ab)(c|bcd)', 'abcd', 'abcd'],
    ['a*', 'aaab', 'aaa'],
    ['a*?b', 'aab', 'aab'],
    ['a+?', 'aaa', 'a'],
    ['a??b', 'ab', 'ab'],
    ['a{2}', 'aaa', 'aa'],
    ['a{2,}', 'aaaa', 'aaaa'],
    ['a{1,2}', 'aaaa', 'aa'],
    ['a{0}b', 'ab', 'b'],
    ['a{1,2}?', 'aaaa', 'a'],
    ['a*+a', 'aaa', undefined],
    ['a?+a', 'a', undefined],
    ['a{1,3}+a', 'aaaa', 'aaaa'],
    ['(?>a+)a', 'aaa', undefined],
    ['(?>a|ab)c', 'abc', undefined],
    ['(a*)*', 'aa', 'aa'],
    ['(a*)+b', 'aab', 'aab'],
    ['(|a)+', 'aa', ''],
    ['(?:ab)+', 'ababa', 'abab'],
    ['[abc]+', 'xcabx', 'cab'],
    ['[^abc]+', 'abxyc', 'xy'],
    ['[a-c&&[^b]]+', 'bac', 'ac'],
    ['[a-z&&[def]]+', 'abcdefg', 'def'],
    ['[a-c[x-z]]+', 'mxayzm', 'xayz'],
    ['[]a]+', 'a]', 'a]'],
    ['[a-]+', '-a', '-a'],
    ['[\\d.]+', 'v1.2', '1.2'],
    ['[\\]\\\\]+', '\\]', '\\]'],
    ['[\\Qa-c]\\E]+', 'ba-c]', 'a-c]'],
    ['\\d+', 'a12b', '12'],
    ['\\D+', '1ab2', 'ab'],
    ['\\w+', '-a_1-', 'a_1'],
    ['\\W+', 'a-+b', '-+'],
    ['\\s+', 'a \tb', ' \t'],
    ['\\S+', ' ab ', 'ab'],
    ['\\h', 'a\u00a0', '\u00a0'],
    ['\\R', 'a\r\nb', '\r\n'],
    ['\\p{Alpha}+', '1abc2', 'abc'],
    ['\\p{Lu}', 'aÄ', 'Ä'],
    ['\\p{L}+', '1größe2', 'größe'],
    ['\\pL+', '1ab', 'ab'],
    ['\\P{Punct}+', '!ab!', 'ab'],
    ['\\p{^Digit}+', '12ab', 'ab'],
    ['\\p{IsGreek}+', 'abγδ', 'γδ'],
    ['\\p{XDigit}+', 'xyzBEEFxyz', 'BEEF'],
    ['^a', 'ba', undefined],
    ['^b', 'a\nb', undefined],
    ['(?m)^b', 'a\nb', 'b'],
    ['a$', 'a\n', 'a'],
    ['a$', 'a\nb', undefined],
    ['(?m)a$', 'a\nb', 'a'],
    ['a\\z', 'a\n', undefined],
    ['a\\Z', 'a\n', 'a'],
    ['\\Aa', 'a', 'a'],
    ['\\bfoo\\b', 'a foo b', 'foo'],
    ['\\Boo', 'foo', 'oo'],
    ['.', '\n', undefined],
    ['(?s).', '\n', '\n'],
    ['(?i)ABC', 'xabc', 'abc'],
    ['a(?i)b', 'aB', 'aB'],
    ['a(?i)b', 'AB', undefined],
    ['(?i:a)b', 'Ab', 'Ab'],
    ['(?i:a)b', 'AB', undefined],
    ['((?i)a)b', 'AB', undefined],
    ['(?i-i)A', 'a', undefined],
    ['(?i)ä', 'Ä', undefined],
    ['(?iu)ä', 'Ä', 'Ä'],
    ['(?i)[a-c]+', 'ABC', 'ABC'],
    ['(?x) a b # comment\n c', 'abc', 'abc'],
    ['(a)\\1', 'aa', 'aa'],
    ['(a)(b)\\2', 'abb', 'abb'],
    ['(?<x>a)\\k<x>', 'aa', 'aa'],
    ['(?i)(a)\\1', 'aA', 'aA'],
    ['\\1(a)', 'aa', undefined],
    ['a(?=b)', 'acab', 'a'],
    ['a(?!b)', 'abac', 'a'],
    ['(?<=a)b', 'bab', 'b'],
    ['(?<!a)b', 'abcb', 'b'],
    ['(?<=ab|c)d', 'abd', 'd'],
    ['\\Qa.b\\E+', 'a.bbb', 'a.bbb'],
    ['\\Q*', 'a*', '*'],
    ['\\x41\\u0042\\x{1F600}\\t\\0101', 'AB\u{1F600}\tA', 'AB\u{1F600}\tA'],
    ['^.$', '\u{1F600}', '\u{1F600}'],
    ['\\.\\*\\$', 'x.*$', '.*$'],
    ['a\\-b', 'a-b', 'a-b'],
    ['a]}', 'a]}', 'a]}'],
  ])('%s in %j finds %j', (expression, text, expected) => {
    expect(find(expression, text)).toBe(expected);
  });

  test.each([
    '(',
    ')',
    '[',
    '[a',
    'a{',
    'a{2',
    'a{x}',
    'a{3,2}',
    '*a',
    '+',
    '?',
    'a**',
    '\\',
    '\\y',
    '(?<1>a)',
    '(?<a>b)(?<a>c)',
    '(?q)',
    '\\k<no>',
    '\\p{Nothing}',
    '[z-a]',
    '(?',
    'a{2000}',
    '((a{1000}){1000}){10}',
    '[&&]',
    '[^&&]',
    'a{2}{3}',
  ])('%s is refused', (expression) => {
    expect(() => new Pattern(expression)).toThrow(PatternSyntaxError);
  });

  test('captures what the last round of a group matched', () => {
    const match = new Pattern('(?<word>a|(b))+(c)?').find('ab', 0, ignore);
    expect([match?.group(1), match?.group(2), match?.group(3)]).toEqual(['b', 'b', undefined]);
  });
});

describe('matching', () => {
  test('whatever the text, it is a regular expression or a PatternSyntaxError', () => {
    const pieces = [
      'a',
      '(',
      ')',
      '[',
      ']',
      '^',
      '-',
      '&&',
      '|',
      '*',
      '+',
      '?',
      '{1,2}',
      '{',
      '}',
      '\\',
      '\\Q',
      '\\E',
      '\\p{L}',
      '\\1',
      '(?i)',
      '(?<n>',
      '(?=',
      '(?<!',
      '\\x',
      '#',
      ' ',
      'ü',
    ];
    const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((texts) => texts.join(''));
    fc.assert(
      fc.property(fc.oneof(soup, fc.string()), fc.string(), (source, input) => {
        let pattern: Pattern | undefined;
        try {
          pattern = new Pattern(source);
        } catch (error) {
          expect(error).toBeInstanceOf(PatternSyntaxError);
        }
        expect(pattern?.find(input, 0, ignore)?.start ?? 0).toBeLessThanOrEqual(input.length);
      }),
      { numRuns: 3_000 },
    );
  });

  test('agrees with JavaScript where the two languages agree', () => {
    const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\w', '^', '$', '\\b', '(?=a)', '(?!b)');
    const piece = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '*?', '+?', '{1,2}', '{2}'))
      .map(([a, q]) => (/^[\^$(]|\\b/.test(a) ? a : a + q));
    const sequence = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
    const expression = fc
      .array(sequence, { minLength: 1, maxLength: 3 })
      .map((options) => options.map((option) => `(${option})`).join('|'));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    fc.assert(
      fc.property(expression, text, (source, input) => {
        expect(find(source, input)).toBe(new RegExp(source).exec(input)?.[0]);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['(a+)+c', 'a'.repeat(60)],
    ['(a|aa)+c', 'a'.repeat(60)],
    ['(.*)*x', 'a'.repeat(60)],
    ['(a*)*b', 'a'.repeat(1_000)],
    ['.*.*.*.*x', 'a'.repeat(2_000)],
    ['(?<=(a+)+)c', 'a'.repeat(60) + 'c'],
  ])('%s stops when its steps are used up', (expression, text) => {
    let left = 300_000;
    const spend = (steps: number): void => {
      left -= steps;
      if (left < 0) throw new Error('used up');
    };
    try {
      new Pattern(expression).find(text, 0, spend);
    } catch (error) {
      expect((error as Error).message).toBe('used up');
    }
    expect(left).toBeGreaterThan(-1_000);
  });

  test('long repetitions do not exhaust the stack', () => {
    const text = 'ab'.repeat(50_000);
    expect(find('(?:ab)*', text)).toHaveLength(text.length);
    expect(find('(a|b)*', text)).toHaveLength(text.length);
  });
});
