import type { Random } from './random.ts';

const NASTY_TEXTS = [
  ...[
    '',
    ' ',
    '\0',
    '\ufffd',
    '\ud800',
    '"',
    "'",
    '\\',
    '/',
    '*',
    '#',
    '+',
    '$',
    '${',
    '}',
    '(',
    ')',
    '[',
    ']',
    '{',
    '--',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '1e400',
    '-0',
    '9007199254740993',
    'NaN',
    'null',
    '%00',
    '😀',
    '🏳️‍🌈',
    '\u202e',
  ],
];
const NASTY_BYTES = [0, 1, 0x7f, 0x80, 0xc0, 0xe0, 0xf0, 0xfe, 0xff];

/** Text that was valid, changed in a few places: pieces left out, doubled, swapped or replaced by what parsers trip over. */
export function mutateText(random: Random, text: string, others: readonly string[]): string {
  let result = text;
  for (let changes = random.integer(5); changes > 0; changes -= 1) {
    const from = random.integer(result.length + 1);
    const to = Math.min(result.length, from + random.integer(12));
    const piece = result.slice(from, to);
    const insert = [
      '',
      piece + piece,
      random.pick(NASTY_TEXTS),
      String.fromCharCode(random.integer(0x250)),
      random.pick(others).slice(random.integer(10), 10 + random.integer(40)),
      piece.repeat(random.integer(30)),
    ];
    result = result.slice(0, from) + random.pick(insert) + result.slice(to);
  }
  return result;
}

/** Bytes that were valid, changed in a few places. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let changes = random.integer(4); changes > 0 && result.length > 0; changes -= 1) {
    const at = random.integer(result.length);
    switch (random.integer(5)) {
      case 0:
        result[at] = random.integer(256);
        break;
      case 1:
        result[at] = random.pick(NASTY_BYTES);
        break;
      case 2:
        result[at] = result[at]! ^ (1 << random.integer(8));
        break;
      case 3:
        result = result.subarray(0, at);
        break;
      default: {
        const insert = Buffer.alloc(random.integer(20), random.integer(256));
        result = Buffer.concat([result.subarray(0, at), insert, result.subarray(at)]);
      }
    }
  }
  return result;
}

/** Any JSON value, nested a few levels, with member names that the reader knows now and then. */
export function randomJson(random: Random, names: readonly string[], depth = 4): unknown {
  const kind = random.integer(depth > 0 ? 9 : 6);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random.oneIn(2);
    case 2:
      return random.pick([0, -1, 1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324]);
    case 3:
      return random.pick(NASTY_TEXTS);
    case 4:
      return random.pick(names);
    case 5:
      return random.pick(NASTY_TEXTS).repeat(random.integer(50));
    case 6:
      return Array.from({ length: random.integer(5) }, () => randomJson(random, names, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.integer(6) }, () => [
          random.oneIn(6) ? random.pick(NASTY_TEXTS) : random.pick(names),
          randomJson(random, names, depth - 1),
        ]),
      );
  }
}

/** A document that was valid, with some members left out, moved or replaced. */
export function mutateJson(random: Random, value: unknown, names: readonly string[]): unknown {
  if (random.oneIn(12)) return randomJson(random, names, 3);
  if (typeof value === 'string') return random.oneIn(8) ? mutateText(random, value, names) : value;
  if (Array.isArray(value)) return value.map((element) => mutateJson(random, element, names));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value)
    .filter(() => !random.oneIn(15))
    .map(([name, member]) => [random.oneIn(25) ? random.pick(names) : name, mutateJson(random, member, names)]);
  return Object.fromEntries(members);
}
