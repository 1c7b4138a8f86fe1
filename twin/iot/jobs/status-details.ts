import type { StatusDetails } from './execution.ts';

const MOST_DETAILS = 10;
const NAME = /^[a-zA-Z0-9:_-]{1,128}$/;
const VALUE = /^[^\p{C}]{1,1024}$/u;

/**
 * API reference, `statusDetails`: ten pairs, names of 128 and values of 1,024 characters.
 *
 * @param refuse throws, in the caller's own error
 */
export function checkedDetails(value: unknown, refuse: (reason: string) => never): StatusDetails | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) refuse('statusDetails must be a map of text to text.');
  const pairs = Object.entries(value);
  if (pairs.length > MOST_DETAILS) refuse(`statusDetails can have at most ${MOST_DETAILS} pairs.`);
  for (const [name, detail] of pairs) {
    if (!NAME.test(name)) refuse(`Invalid name in statusDetails: ${name.slice(0, 128)}`);
    if (typeof detail !== 'string' || !VALUE.test(detail))
      refuse(`The value of ${name} in statusDetails must be text of 1 to 1024 printable characters.`);
  }
  return value as StatusDetails;
}
