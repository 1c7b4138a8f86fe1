import { describe, expect, test } from '@jest/globals';
import { KAFKA_TOPICS } from '../../contracts/kafka-topics.ts';
import { chosenEnvironment } from '../../lib/environments/chosen-environment.ts';
import type { Cell, Environment } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { validateEnvironments } from '../../lib/environments/validate.ts';

const dev = ENVIRONMENTS[0]!;
const cell = dev.cells[0]!;

const withCell = (changes: Partial<Cell>): Environment => ({ ...dev, cells: [{ ...cell, ...changes }] });
const withStream = (changes: Partial<Environment['stream']>): Environment => ({
  ...dev,
  stream: { ...dev.stream, ...changes },
});
const withTelemetry = (partitions: number, retentionHours: number): Environment =>
  withStream({ topics: { ...dev.stream.topics, [KAFKA_TOPICS.telemetry]: { partitions, retentionHours } } });

describe('environments', () => {
  test('as they are, are valid', () => {
    expect(() => validateEnvironments(ENVIRONMENTS)).not.toThrow();
    expect(ENVIRONMENTS.map(({ name }) => name)).toEqual(['dev', 'staging', 'prod']);
  });

  test.each<[string, Environment, string]>([
    ['no cells', { ...dev, cells: [] }, 'dev: has no cells'],
    ['an account that is none', withCell({ account: '1234' }), 'account 1234 is not twelve digits'],
    ['a Region that is none', withCell({ region: 'virginia' }), 'virginia is not a Region'],
    ['two zones', withCell({ zones: ['use1-az1', 'use1-az1', 'use1-az2'] }), 'three different zones'],
    ['zone names', withCell({ zones: ['us-east-1a', 'use1-az1', 'use1-az2'] }), 'us-east-1a is not a zone id'],
    [
      'the zone that IoT cannot use',
      withCell({ zones: ['use1-az1', 'use1-az2', 'use1-az3'] }),
      'use1-az3 takes neither',
    ],
    ['a network too small', withCell({ cidr: '10.0.0.0/28' }), 'cidr 10.0.0.0/28'],
    ['a cell name with a hyphen', withCell({ name: 'eu-1' }), '1 to 16 lower-case letters and digits'],
    ['four brokers', withStream({ brokers: 4 }), '4 brokers: must be a multiple of three'],
    ['no brokers', withStream({ brokers: 0 }), '0 brokers: must be a multiple of three'],
    ['standard brokers', withStream({ brokerType: 'kafka.m7g.large' }), 'kafka.m7g.large is not an Express broker'],
    ['a topic missing', withStream({ topics: {} }), 'topic iov.telemetry is missing'],
    [
      'a topic nobody knows',
      withStream({ topics: { ...dev.stream.topics, x: { partitions: 1, retentionHours: 1 } } as never }),
      'no topic x',
    ],
    ['no partitions', withTelemetry(0, 24), 'topic iov.telemetry: partitions'],
    ['no retention', withTelemetry(6, 0), 'retention of less than an hour'],
    [
      'more partitions than the brokers take',
      withTelemetry(2000, 24),
      '6048 partitions with replicas, but the brokers take 3000',
    ],
    ['no redrive', { ...dev, redriveDelays: [] }, 'has no redrive delays'],
    ['a redrive later than SQS can wait', { ...dev, redriveDelays: [1, 43_201] }, 'redrive delay 43201'],
    ['an app without scopes', { ...dev, apps: [{ name: 'x', scopes: [] }] }, 'app x: has no scopes'],
    ['a scope nobody knows', { ...dev, apps: [{ name: 'x', scopes: ['all' as never] }] }, 'app x: no scope all'],
    ['two apps of one name', { ...dev, apps: [dev.apps[0]!, dev.apps[0]!] }, 'two apps named operations'],
  ])('with %s are refused', (_name, environment, message) => {
    expect(() => validateEnvironments([environment])).toThrow(message);
  });

  test('may not share an account and Region: IoT has one set of settings there', () => {
    const twice = [dev, { ...dev, name: 'staging' as const }];
    expect(() => validateEnvironments(twice)).toThrow('two cells in current/us-east-1');
  });

  test('report everything that is wrong at once', () => {
    const bad = { ...withCell({ region: 'x', account: 'y' }), apps: [] };
    expect(() => validateEnvironments([bad])).toThrow(/account y[^]*x is not a Region/);
  });
});

describe('the chosen environment', () => {
  test.each([
    [undefined, undefined],
    ['{}', undefined],
    ['{"environment":"dev"}', 'dev'],
    ['{"environment":""}', undefined],
  ])('in the context %p is %p', (context, chosen) => {
    expect(chosenEnvironment({ CDK_CONTEXT_JSON: context })).toBe(chosen);
  });
});
