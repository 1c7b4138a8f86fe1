import type { Identity } from '../load/job.ts';
import { holdConnections, runJob } from '../load/run-job.ts';
import type { Side } from '../sides/side.ts';
import { both, onEachSide, type Scenario, type ScenarioContext } from './scenario.ts';

/** Connections in the wave that comes first: what the first ones cost once is not what each costs. */
export const WARM_UP = 200;

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1000));

/** Memory that so many idle connections add to the process that takes them. */
async function bytesPerConnection(side: Side, kind: 'tls' | 'plain', connections: number): Promise<number> {
  const target = side[kind];
  const devices = (from: number, to: number): Identity[] =>
    Array.from({ length: to - from }, (_, index) =>
      // Over TLS a client is the thing of its certificate, and a second client of that name would end the first.
      kind === 'tls' ? side.devices[from + index]! : { clientId: `plain-${from + index}` },
    );
  // The first ones stay: what they gave back would be taken by the next, which would seem to cost nothing.
  const first = await holdConnections({ kind: 'idle', target, devices: devices(0, WARM_UP) });
  await settle();
  const before = await side.memoryInUse(kind);
  const held = await holdConnections({ kind: 'idle', target, devices: devices(WARM_UP, WARM_UP + connections) });
  await settle();
  const after = await side.memoryInUse(kind);
  await Promise.all([first.close(), held.close()]);
  await settle();
  return (after - before) / connections;
}

const idle = (
  name: string,
  connections: 'tls' | 'plain',
  goal: { ratioAtMost: number } | { atMost: number },
): Scenario => ({
  name,
  needsSides: true,
  async run({ sides, size, say }: ScenarioContext) {
    const results = await onEachSide(sides, (side) => {
      say(`${name}: ${side.name}, ${size.idleConnections} connections`);
      return bytesPerConnection(side, connections, size.idleConnections);
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
  idle('idle connection, plain TCP', 'plain', { atMost: 9 * 1024 }),
  idle('idle connection, TLS', 'tls', { ratioAtMost: 1 }),
  storm,
];
