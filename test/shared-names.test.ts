import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { FUNCTIONS } from '../lib/bundling/lambda-code.ts';
import { UNDELIVERED_INDEX } from '../lib/constructs/command-ledger-table.ts';
import { UNDELIVERED_INDEX as INDEX_OF_THE_LEDGER } from '../lambdas/shared/command-ledger.ts';
import { cellOf, resources } from './lib/cells.ts';

/** `lib` and `lambdas` import nothing of each other; what both must spell alike is compared here. */
const LAMBDAS = new URL('../lambdas/', import.meta.url);

const functions = Object.values(cellOf('dev', 'main')).flatMap((part: unknown) =>
  typeof part === 'object' && part !== null && 'templateFile' in part
    ? Object.values(resources(part as Parameters<typeof resources>[0], 'AWS::Lambda::Function'))
    : [],
);

/** Every source file of a function, those of `shared/` that it imports included. */
function sourcesOf(file: URL, seen = new Set<string>()): string {
  if (seen.has(file.href)) return '';
  seen.add(file.href);
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) => new URL(path!, file));
  return [text, ...imports.map((each) => sourcesOf(each, seen))].join('\n');
}

describe('stacks and functions', () => {
  test('agree on which functions there are', () => {
    const folders = readdirSync(LAMBDAS).filter((name) => name !== 'shared');
    expect(folders.sort()).toEqual([...FUNCTIONS].sort());
  });

  test('agree on the name of the index of undelivered commands', () => {
    expect(UNDELIVERED_INDEX).toBe(INDEX_OF_THE_LEDGER);
  });

  test.each(FUNCTIONS)('agree on the environment variables of %s', (name) => {
    const { Properties } = functions.find((each) => each.Properties['FunctionName'] === `iov-dev-main-${name}`)!;
    const given = Object.keys((Properties['Environment'] as { Variables: object }).Variables);
    const read = [...sourcesOf(new URL(`${name}/index.ts`, LAMBDAS)).matchAll(/environment\('(\w+)'\)/g)];
    expect(given.filter((each) => !each.startsWith('POWERTOOLS_')).sort()).toEqual(
      [...new Set(read.map(([, variable]) => variable))].sort(),
    );
  });
});
