import { runJob } from '../load/run-job.ts';
import { both, onEachSide, type Scenario } from './scenario.ts';

const SUBSCRIBERS = 200;

/** One message to every vehicle. */
export const broadcast: Scenario = {
  name: 'broadcast',
  needsSides: true,
  async run({ sides, size, say }) {
    const results = await onEachSide(sides, async (side) => {
      say(`broadcast: ${side.name}, to ${SUBSCRIBERS} subscribers`);
      const job = {
        ...({ kind: 'broadcast' } as const),
        ...{ target: side.tls, devices: side.devices.slice(0, SUBSCRIBERS), topic: 'bc/all' },
        ...{ publisher: side.publisher, payloadBytes: 100, window: 5 },
      };
      await runJob({ ...job, messages: Math.ceil(size.broadcastMessages / 4) }, [side.brokerPid]);
      return runJob({ ...job, messages: size.broadcastMessages }, [side.brokerPid]);
    });
    const scenario = 'broadcast';
    return [
      {
        ...{ scenario, metric: 'deliveries', unit: 'deliveries/s', goal: { ratioAtLeast: 1 } },
        ...both(results, ({ seconds, count }) => count / seconds),
      },
      {
        ...{ scenario, metric: 'CPU time a delivery', unit: 'µs' },
        ...both(results, ({ cpuSeconds, count }) => (cpuSeconds / count) * 1e6),
      },
    ];
  },
};
