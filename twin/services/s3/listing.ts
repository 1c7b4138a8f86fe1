/** Whether `a` comes before `b` in UTF-8 binary order, in which S3 lists; UTF-16 differs above U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    return inCodePointOrder(left) - inCodePointOrder(right);
  }
  return a.length - b.length;
}

// Surrogates stand for characters above U+FFFF, so they come after U+E000 to U+FFFF.
function inCodePointOrder(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

export interface ListingQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only what comes after it. */
  readonly after: string;
  readonly most: number;
}

export interface Listing {
  readonly keys: string[];
  readonly commonPrefixes: string[];
  /** The last key or common prefix, when there is more. */
  readonly next: string | undefined;
}

/** One page of keys, those with the delimiter after the prefix rolled up (API reference, ListObjectsV2). */
export function listKeys(sorted: readonly string[], { prefix, delimiter, after, most }: ListingQuery): Listing {
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  for (let index = firstAfter(sorted, after, prefix); index < sorted.length; index += 1) {
    const key = sorted[index]!;
    if (!key.startsWith(prefix)) break;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = end < 0 ? undefined : key.slice(0, end + delimiter.length);
    // A page that ended at a common prefix goes on after everything under it.
    if (common !== undefined && (common === commonPrefixes.at(-1) || common === after)) continue;
    if (keys.length + commonPrefixes.length >= most)
      return { keys, commonPrefixes, next: most === 0 ? undefined : last };
    if (common === undefined) keys.push(key);
    else commonPrefixes.push(common);
    last = common ?? key;
  }
  return { keys, commonPrefixes, next: undefined };
}

function firstAfter(sorted: readonly string[], after: string, prefix: string): number {
  const inclusive = compareKeys(after, prefix) < 0;
  const bound = inclusive ? prefix : after;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareKeys(sorted[middle]!, bound);
    if (order < 0 || (order === 0 && !inclusive)) low = middle + 1;
    else high = middle;
  }
  return low;
}
