import { randomInt } from 'node:crypto';

import { AwsError } from '../../endpoint/service.ts';

/** Options of GetRandomPassword; `AWS::SecretsManager::Secret` has the same in GenerateSecretString. */
export interface PasswordOptions {
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludePunctuation?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeLowercase?: boolean;
  readonly IncludeSpace?: boolean;
  readonly RequireEachIncludedType?: boolean;
}

const DEFAULT_LENGTH = 32;
const LONGEST = 4096;
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** @throws AwsError InvalidParameterException when nothing is left to choose from, or the length is too short for every type */
export function randomPassword(options: PasswordOptions): string {
  const excluded = new Set(options.ExcludeCharacters ?? '');
  const types = [
    options.ExcludeLowercase ? '' : LOWERCASE,
    options.ExcludeUppercase ? '' : LOWERCASE.toUpperCase(),
    options.ExcludeNumbers ? '' : NUMBERS,
    options.ExcludePunctuation ? '' : PUNCTUATION,
    options.IncludeSpace ? ' ' : '',
  ]
    .map((characters) => [...characters].filter((character) => !excluded.has(character)))
    .filter((characters) => characters.length > 0);
  const length = options.PasswordLength ?? DEFAULT_LENGTH;
  const required = options.RequireEachIncludedType === false ? [] : types;
  if (types.length === 0 || length < Math.max(1, required.length) || length > LONGEST) {
    throw new AwsError(
      'InvalidParameterException',
      'The password cannot be generated with these lengths and exclusions.',
    );
  }
  const all = types.flat();
  const characters = [...required.map(pick), ...Array.from({ length: length - required.length }, () => pick(all))];
  // The required ones must not stand at known places.
  for (let index = characters.length - 1; index > 0; index -= 1) {
    const other = randomInt(index + 1);
    [characters[index], characters[other]] = [characters[other]!, characters[index]!];
  }
  return characters.join('');
}

function pick(characters: readonly string[]): string {
  return characters[randomInt(characters.length)]!;
}
