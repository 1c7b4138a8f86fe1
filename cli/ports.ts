import { createServer } from 'node:net';

import { IovError } from '../twin/errors.ts';
import type { TwinPorts } from '../twin/start.ts';

export type Ports = TwinPorts;

/** AWS's and Kafka's own numbers where there are any. */
export const USUAL_PORTS: Ports = {
  mqtts: 8883,
  https: 8443,
  wss: 9443,
  aws: 4566,
  api: 8080,
  oauth: 8081,
  kafka: 9092,
  kafkaScram: 9096,
  kafkaController: 9093,
};

/** Consecutive ports, for a second run beside the first (`--ports-from`). */
export function portsFrom(first: number): Ports {
  const names = Object.keys(USUAL_PORTS) as (keyof Ports)[];
  return Object.fromEntries(names.map((name, index) => [name, first + index])) as unknown as Ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** @throws IovError IOV_PORT_TAKEN that names every port that somebody else listens on */
export async function expectFree(ports: Partial<Ports>): Promise<void> {
  const entries = Object.entries(ports) as [keyof Ports, number][];
  const free = await Promise.all(entries.map(([, port]) => isFree(port)));
  const taken = entries.filter((_, index) => !free[index]).map(([name, port]) => `${port} (${name})`);
  if (taken.length > 0) {
    throw new IovError('IOV_PORT_TAKEN', `Another program listens on port ${taken.join(', ')} of 127.0.0.1.`);
  }
}
