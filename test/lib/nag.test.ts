import { describe, expect, test } from '@jest/globals';
import { AwsSolutionsChecks } from 'cdk-nag';
import { cellOf } from './cells.ts';

describe('cdk-nag, AwsSolutions', () => {
  test.each([
    ['dev', 'main'],
    ['prod', 'eu1'],
  ] as const)('finds nothing in %s that is not accepted with a reason', (environment, name) => {
    const cell = cellOf(environment, name);
    const { violations } = new AwsSolutionsChecks(cell).validateScope(cell);
    const findings = violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
    expect(findings).toEqual([]);
  });
});
