import { readFileSync } from 'node:fs';

import { expect, test } from '@jest/globals';

import { coveragePage, currentCoverage } from '../../cli/apis.ts';

test('the page of AWS APIs lists exactly what the twin executes and refuses', async () => {
  const page = readFileSync(new URL('../../docs/aws-apis.md', import.meta.url), 'utf8');
  expect(page).toBe(coveragePage(await currentCoverage()));
});
