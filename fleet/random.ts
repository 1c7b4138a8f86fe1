/** A source of numbers in [0, 1). */
export type Random = () => number;

/**
 * Numbers that repeat for the same seed (mulberry32: 32 bits of state, good enough for traffic, not for keys).
 *
 * @param seed any text; different texts give unrelated sequences
 */
export function seededRandom(seed: string): Random {
  // FNV-1a spreads neighbouring seeds (`vehicle-1`, `vehicle-2`) over the whole state.
  let state = 0x811c9dc5;
  for (let index = 0; index < seed.length; index++) state = Math.imul(state ^ seed.charCodeAt(index), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
