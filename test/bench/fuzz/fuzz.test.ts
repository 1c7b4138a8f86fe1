import { describe, expect, test } from '@jest/globals';

import { runCampaign } from '../../../bench/fuzz/campaign.ts';
import { FUZZ_TARGETS } from '../../../bench/fuzz/targets/index.ts';
import type { FuzzTarget } from '../../../bench/fuzz/target.ts';

/** Of all targets together; `npm run fuzz` runs a million. */
const CASES = 20_000;
const SEED = 20_260_101;

describe('what strangers may send', () => {
  test.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
    'to %s ends as documented and in time',
    async (_, target) => {
      const shares = FUZZ_TARGETS.reduce((sum, { share }) => sum + share, 0);
      const to = Math.ceil((CASES * target.share) / shares);
      const { cases, findings } = await runCampaign({ target, seed: SEED, from: 0, to });
      expect(findings).toEqual([]);
      expect(cases).toBe(to);
    },
    60_000,
  );
});

describe('the fuzzer', () => {
  const target = (run: (value: number) => void | Promise<void>): FuzzTarget => ({
    name: 'example',
    share: 1,
    open: async () => ({ run: (random) => run(random.integer(1000)), close: () => undefined }),
  });

  test('finds a case that fails, and finds it again by its number', async () => {
    const failing = target((value) => {
      if (value % 7 === 3) throw new Error('three');
    });
    const { findings } = await runCampaign({ target: failing, seed: 1, from: 0, to: 200 });
    expect(findings).toHaveLength(1);
    const { number } = findings[0]!;
    const again = await runCampaign({ target: failing, seed: 1, from: number, to: number + 1 });
    expect(again.findings[0]!.reason).toContain('three');
  });

  test('finds a case that takes too long', async () => {
    const now = performance.now.bind(performance);
    let ahead = 0;
    performance.now = () => now() + ahead;
    try {
      const slow = target(() => void (ahead += 5000));
      const { findings } = await runCampaign({ target: slow, seed: 1, from: 0, to: 1 });
      expect(findings[0]!.reason).toMatch(/took 5\d{3} ms/);
    } finally {
      performance.now = now;
    }
  });

  test('makes the same cases of the same seed, and others of another', async () => {
    const valuesOf = async (seed: number): Promise<number[]> => {
      const values: number[] = [];
      await runCampaign({ target: target((value) => void values.push(value)), seed, from: 0, to: 20 });
      return values;
    };
    expect(await valuesOf(5)).toEqual(await valuesOf(5));
    expect(await valuesOf(5)).not.toEqual(await valuesOf(6));
  });
});
