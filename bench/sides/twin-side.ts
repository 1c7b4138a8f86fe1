import { forkModule, nextMessage } from '../child-process.ts';
import type { Side } from './side.ts';
import type { FromTwin, StartTwin, TwinReady } from './twin-messages.ts';

export interface TwinSide extends Side {
  readonly ready: TwinReady;
}

/** @throws Error when the twin cannot start */
export async function startTwinSide(options: StartTwin, execArgv: readonly string[] = []): Promise<TwinSide> {
  const child = forkModule('./sides/twin-process.ts', ['--expose-gc', ...execArgv]);
  child.send({ command: 'start', ...options });
  const ready = await nextMessage<FromTwin>(child);
  if (ready.event !== 'ready') throw new Error(ready.event === 'failed' ? ready.reason : ready.event);
  const pid = child.pid!;
  return {
    name: 'twin',
    ready,
    tls: { port: ready.mqttPort, ca: ready.ca },
    plain: { port: ready.plainPort },
    devices: ready.devices,
    publisher: ready.publisher,
    brokerPid: pid,
    uplinkPids: [pid],
    uplinkTopic: '$aws/rules/telemetry/dt/vehicle/%c/telemetry',
    kafka: { bootstrap: ready.kafka.plaintext, topic: 'iov.telemetry' },
    async collectGarbage() {
      const collected = nextMessage<FromTwin>(child, ({ event }) => event === 'garbage-collected');
      child.send({ command: 'collect-garbage' });
      await collected;
    },
  };
}
