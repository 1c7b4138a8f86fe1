import type { UplinkJob } from '../load/job.ts';
import { runJob } from '../load/run-job.ts';
import type { Measurement } from '../report/measurement.ts';
import { both, onEachSide, type Scenario } from './scenario.ts';

const DEVICES = 50;
/** Messages on their way at once when the path is driven as fast as it goes: 20 a device. */
const WINDOW = 1000;
/** Slow enough for both sides to keep up while the load and Kafka share the machine's cores. */
const PACED_PER_SECOND = 2000;

/** Messages from devices over TLS through the broker and the rule into Kafka. */
function uplink(qos: 0 | 1, payloadBytes: number): Scenario {
  const name = `uplink QoS ${qos}, ${payloadBytes} B`;
  return {
    name,
    needsSides: true,
    async run({ sides, size, say }) {
      const measure = (pace: UplinkJob['pace'], messages: number) =>
        onEachSide(sides, (side) => {
          say(`${name}: ${side.name}, ${'window' in pace ? 'as fast as it goes' : `${pace.perSecond} a second`}`);
          const job: UplinkJob = {
            ...{ kind: 'uplink', target: side.tls, devices: side.devices.slice(0, DEVICES), topic: side.uplinkTopic },
            ...{ qos, payloadBytes, messages, warmUpMessages: Math.ceil(messages / 2), pace, kafka: side.kafka },
          };
          return runJob(job, side.uplinkPids);
        });
      const fast = await measure({ window: WINDOW }, size.uplinkMessages);
      const paced = await measure({ perSecond: PACED_PER_SECOND }, Math.ceil(size.uplinkMessages / 4));
      const of = (figures: Omit<Measurement, 'scenario'>): Measurement => ({ scenario: name, ...figures });
      return [
        of({
          ...{ metric: 'CPU time a message', unit: 'µs', goal: { ratioAtMost: 1 / 3 } },
          ...both(fast, ({ cpuSeconds, count }) => (cpuSeconds / count) * 1e6),
        }),
        of({ metric: 'throughput', unit: 'messages/s', ...both(fast, ({ seconds, count }) => count / seconds) }),
        of({
          ...{ metric: `CPU time a message at ${PACED_PER_SECOND}/s`, unit: 'µs' },
          ...both(paced, ({ cpuSeconds, count }) => (cpuSeconds / count) * 1e6),
        }),
        of({ metric: `p50 at ${PACED_PER_SECOND}/s`, unit: 'ms', ...both(paced, ({ latencyMs }) => latencyMs!.p50) }),
        of({ metric: `p99 at ${PACED_PER_SECOND}/s`, unit: 'ms', ...both(paced, ({ latencyMs }) => latencyMs!.p99) }),
      ];
    },
  };
}

export const uplinkScenarios: readonly Scenario[] = [uplink(0, 100), uplink(1, 100), uplink(0, 1000), uplink(1, 1000)];
