import { hash } from 'node:crypto';

import { toText } from '../conversion.ts';
import type { Value } from '../value.ts';
import { pure, type SqlFunction } from './definition.ts';
import { md2 } from './md2.ts';

/** A digest in hexadecimal of the argument's text in UTF-8; Null and Undefined have no text, so no digest. */
function digest(compute: (text: string) => string): (value: Value) => Value {
  return (value) => {
    const text = toText(value);
    return text === undefined ? undefined : compute(text);
  };
}

/** Developer Guide, "Hashing functions". */
export const HASHES: readonly SqlFunction[] = [
  pure(
    'md2',
    '2015-10-08',
    [1, 1],
    digest((text) => md2(Buffer.from(text))),
  ),
  ...['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'].map((name) =>
    pure(
      name,
      '2015-10-08',
      [1, 1],
      digest((text) => hash(name, text)),
    ),
  ),
];
