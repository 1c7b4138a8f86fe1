/** A piece of a date pattern: a run of one letter, or text that stands for itself. Both Joda-Time and java.time write them so. */
export type PatternRun = { readonly letter: string; readonly count: number } | { readonly literal: string };

/**
 * Splits a pattern into runs of letters, quoted text (`''` is a quote) and other characters.
 * @returns `undefined` where a quote is not closed
 */
export function readRuns(pattern: string): PatternRun[] | undefined {
  const runs: PatternRun[] = [];
  let at = 0;
  while (at < pattern.length) {
    const character = pattern[at]!;
    if (character === "'") {
      const quoted = readQuoted(pattern, at);
      if (!quoted) return undefined;
      runs.push({ literal: quoted.text });
      at = quoted.end;
    } else if (/[A-Za-z]/.test(character)) {
      let end = at;
      while (pattern[end] === character) end++;
      runs.push({ letter: character, count: end - at });
      at = end;
    } else {
      runs.push({ literal: character });
      at++;
    }
  }
  return runs;
}

function readQuoted(pattern: string, start: number): { text: string; end: number } | undefined {
  if (pattern[start + 1] === "'") return { text: "'", end: start + 2 };
  let text = '';
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] !== "'") text += pattern[at];
    else if (pattern[at + 1] === "'") {
      text += "'";
      at++;
    } else return { text, end: at + 1 };
  }
  return undefined;
}
