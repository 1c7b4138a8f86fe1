import { describe, expect, test } from '@jest/globals';

import { embeddedMetrics } from '../../../../twin/services/cloudwatch/embedded-metrics.ts';

const NOW = 1_800_000_000_000;
const directive = (others: Record<string, unknown> = {}) => ({
  Namespace: 'Fleet',
  Dimensions: [['service'], ['service', 'class']],
  Metrics: [{ Name: 'latency', Unit: 'Milliseconds' }],
  ...others,
});
const line = (root: Record<string, unknown>, ...directives: unknown[]): string =>
  JSON.stringify({
    _aws: { Timestamp: NOW - 5, CloudWatchMetrics: directives },
    service: 'commands',
    class: 'car',
    ...root,
  });

describe('a log line in the embedded metric format', () => {
  test('is a datum for every set of dimensions', () => {
    expect(embeddedMetrics(line({ latency: 12 }, directive()), NOW)).toEqual([
      {
        namespace: 'Fleet',
        name: 'latency',
        dimensions: { service: 'commands' },
        unit: 'Milliseconds',
        timestamp: NOW - 5,
        values: [12],
      },
      {
        namespace: 'Fleet',
        name: 'latency',
        dimensions: { service: 'commands', class: 'car' },
        unit: 'Milliseconds',
        timestamp: NOW - 5,
        values: [12],
      },
    ]);
  });

  test('may have several values, and several directives', () => {
    const found = embeddedMetrics(
      line(
        { latency: [1, 2, 3], errors: 1 },
        directive({ Dimensions: [[]] }),
        directive({ Dimensions: [], Metrics: [{ Name: 'errors' }] }),
      ),
      NOW,
    );
    expect(found.map(({ name, values, unit, dimensions }) => [name, values, unit, dimensions])).toEqual([
      ['latency', [1, 2, 3], 'Milliseconds', {}],
      ['errors', [1], 'None', {}],
    ]);
  });

  test("may follow the runtime's own fields", () => {
    const text = `2026-11-23T03:00:00.000Z\treq-1\tINFO\t${line({ latency: 1 }, directive({ Dimensions: [[]] }))}`;
    expect(embeddedMetrics(text, NOW)).toHaveLength(1);
  });

  test.each([
    ['a value that is no number', line({ latency: 'slow' }, directive())],
    ['no value', line({}, directive())],
    ['a dimension without a value', line({ latency: 1, service: undefined }, directive({ Dimensions: [['service']] }))],
    ['no namespace', line({ latency: 1 }, directive({ Namespace: undefined }))],
    ['metrics that are no list', line({ latency: 1 }, directive({ Metrics: 'latency' }))],
    ['a directive that is none', line({ latency: 1 }, null, 1)],
    ['text that only looks like it', '"CloudWatchMetrics" {'],
    ['another object', '{"a":"CloudWatchMetrics","CloudWatchMetrics":null}'],
    ['plain text', 'START RequestId: 1'],
  ])('with %s is no metric', (_name, text) => {
    expect(embeddedMetrics(text, NOW)).toEqual([]);
  });
});
