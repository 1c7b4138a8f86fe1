import { describe, expect, test } from '@jest/globals';
import { stagesOf } from '../../cli/deploy.ts';
import { environmentName, ENVIRONMENT_NAMES } from '../../cli/synth.ts';

describe('choosing what to synthesize or deploy', () => {
  test('takes the environments there are', () => {
    expect(ENVIRONMENT_NAMES.map(environmentName)).toEqual(['dev', 'staging', 'prod']);
  });

  test('refuses another name and says which there are', () => {
    expect(() => environmentName('production')).toThrow('There are dev, staging, prod.');
  });

  test('finds the stages of an environment, one a cell, in their order', () => {
    expect(stagesOf('prod')).toEqual(['prod-eu1', 'prod-us1']);
    expect(stagesOf('prod', 'us1')).toEqual(['prod-us1']);
  });

  test('refuses a cell that the environment has not, and says which it has', () => {
    expect(() => stagesOf('prod', 'eu2')).toThrow('prod has no cell eu2; it has eu1, us1');
  });
});
