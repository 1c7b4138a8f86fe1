import type { ChildProcess } from 'node:child_process';

import { forkModule, nextMessage } from '../child-process.ts';
import { residentBytes } from '../process-usage.ts';
import type { Side } from './side.ts';
import type { FromTwin, PlainReady, StartTwin, TwinReady } from './twin-messages.ts';

export interface TwinSide extends Side {
  readonly ready: TwinReady;
}

/** @throws Error when the twin cannot start */
export async function startTwinSide(options: StartTwin, execArgv: readonly string[] = []): Promise<TwinSide> {
  const child = forkModule('./sides/twin-process.ts', ['--expose-gc', ...execArgv]);
  child.send({ command: 'start', ...options });
  const ready = await nextMessage<FromTwin>(child);
  if (ready.event !== 'ready') throw new Error(ready.event === 'failed' ? ready.reason : ready.event);
  const plain = forkModule('./sides/plain-broker.ts', ['--expose-gc']);
  const plainReady = await nextMessage<PlainReady>(plain);
  const pid = child.pid!;
  return {
    name: 'twin',
    ready,
    tls: { port: ready.mqttPort, ca: ready.ca },
    plain: { port: plainReady.port },
    devices: ready.devices,
    publisher: ready.publisher,
    brokerPid: pid,
    uplinkPids: [pid],
    uplinkTopic: '$aws/rules/telemetry/dt/vehicle/%c/telemetry',
    kafka: { bootstrap: ready.kafka.plaintext, topic: 'iov.telemetry' },
    memoryInUse: (connections) => memoryInUse(connections === 'tls' ? child : plain),
  };
}

/** Resident memory without garbage, which a process that does other things leaves as well. */
async function memoryInUse(child: ChildProcess): Promise<number> {
  const collected = nextMessage<FromTwin>(child, ({ event }) => event === 'collected');
  child.send({ command: 'collect-garbage' });
  await collected;
  return residentBytes(child.pid!);
}
