import type { Match, Pattern } from '../pattern/matcher.ts';

type Part = string | number;

/**
 * Reads a replacement as `java.util.regex.Matcher` does: `$1`, `${name}`, and a backslash that makes the next character plain.
 * `undefined` where it names a group that the expression does not have, or ends early.
 */
export function readReplacement(text: string, pattern: Pattern): ((match: Match) => string) | undefined {
  const parts: Part[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '\\') {
      if (at + 1 === text.length) return undefined;
      parts.push(text[at + 1]!);
      at += 2;
    } else if (character === '$') {
      const reference = readReference(text, at + 1, pattern);
      if (!reference) return undefined;
      parts.push(reference.group);
      at = reference.end;
    } else {
      parts.push(character);
      at++;
    }
  }
  return (match) => parts.map((part) => (typeof part === 'string' ? part : (match.group(part) ?? ''))).join('');
}

function readReference(text: string, start: number, pattern: Pattern): { group: number; end: number } | undefined {
  if (text[start] === '{') {
    const close = text.indexOf('}', start);
    const group = close === -1 ? undefined : pattern.groupNamed(text.slice(start + 1, close));
    return group === undefined ? undefined : { group, end: close + 1 };
  }
  if (!isDigit(text[start])) return undefined;
  let group = Number(text[start]);
  if (group > pattern.groups) return undefined;
  let end = start + 1;
  while (isDigit(text[end]) && group * 10 + Number(text[end]) <= pattern.groups) {
    group = group * 10 + Number(text[end]);
    end++;
  }
  return { group, end };
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}
