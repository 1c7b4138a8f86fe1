import type { Target } from '../load/job.ts';
import { holdConnections, runJob } from '../load/run-job.ts';
import { residentBytes } from '../process-usage.ts';
import type { Side } from '../sides/side.ts';
import { both, onEachSide, type Scenario, type ScenarioContext } from './scenario.ts';

/** Connections in the wave that comes first: what the first ones cost once is not what each costs. */
const WARM_UP = 200;

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

/** Resident memory that so many idle connections add to the broker's process. */
async function bytesPerConnection(side: Side, target: Target, connections: number): Promise<number> {
  const identity = (number: number) => ({ ...side.devices[number % side.devices.length]!, clientId: '' });
  const devices = (count: number) =>
    Array.from({ length: count }, (_, number) => ({
      ...identity(number),
      // Over TLS a client is the thing of its certificate; a second client of that name would end the first.
      clientId: target.ca ? side.devices[number]!.clientId : `plain-${number}`,
    }));
  const first = await holdConnections({ kind: 'idle', target, devices: devices(Math.min(WARM_UP, connections)) });
  await first.close();
  await settle();
  await side.collectGarbage();
  const before = residentBytes(side.brokerPid);
  const held = await holdConnections({ kind: 'idle', target, devices: devices(connections) });
  await settle();
  await side.collectGarbage();
  const after = residentBytes(side.brokerPid);
  await held.close();
  await settle();
  return (after - before) / connections;
}

const idle = (name: string, isTls: boolean, goal: { ratioAtMost: number } | { atMost: number }): Scenario => ({
  name,
  needsSides: true,
  async run({ sides, size, say }: ScenarioContext) {
    const results = await onEachSide(sides, (side) => {
      say(`${name}: ${side.name}, ${size.idleConnections} connections`);
      return bytesPerConnection(side, isTls ? side.tls : side.plain, size.idleConnections);
    });
    return [{ scenario: name, metric: 'memory a connection', unit: 'B', goal, ...both(results, (bytes) => bytes) }];
  },
});

const storm: Scenario = {
  name: 'connection storm',
  needsSides: true,
  async run({ sides, size, say }) {
    const results = await onEachSide(sides, async (side) => {
      say(`connection storm: ${side.name}, ${size.stormConnections} connections with client certificates`);
      const devices = side.devices;
      const job = { kind: 'storm', target: side.tls, devices, atOnce: 40 } as const;
      await runJob({ ...job, connections: Math.ceil(size.stormConnections / 4) }, [side.brokerPid]);
      return runJob({ ...job, connections: size.stormConnections }, [side.brokerPid]);
    });
    const scenario = 'connection storm';
    return [
      {
        ...{ scenario, metric: 'connections', unit: 'connections/s', goal: { ratioAtLeast: 1 } },
        ...both(results, ({ seconds, count }) => count / seconds),
      },
      {
        ...{ scenario, metric: 'CPU time a connection', unit: 'ms' },
        ...both(results, ({ cpuSeconds, count }) => (cpuSeconds / count) * 1e3),
      },
    ];
  },
};

export const connectionScenarios: readonly Scenario[] = [
  // EMQ's ten-million test published 28 to 42 KB, its best figure elsewhere 9 KB; both with TLS ended before the broker.
  idle('idle connection, plain TCP', false, { atMost: 9 * 1024 }),
  idle('idle connection, TLS', true, { ratioAtMost: 1 }),
  storm,
];
