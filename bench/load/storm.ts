import { Device } from './device.ts';
import type { JobResult, StormJob } from './job.ts';

/** Opens connections, so many at a time, each with a full TLS handshake; a connection that fails counts as lost. */
export async function runStorm(job: StormJob, started: () => void): Promise<JobResult> {
  const { target, devices, connections, atOnce } = job;
  let next = 0;
  let failed = 0;
  const open = async (): Promise<void> => {
    while (next < connections) {
      const number = next++;
      const identity = devices[number % devices.length]!;
      try {
        (await Device.connect(target, identity)).close();
      } catch {
        failed += 1;
      }
    }
  };
  started();
  const began = performance.now();
  await Promise.all(Array.from({ length: atOnce }, open));
  return { seconds: (performance.now() - began) / 1000, count: connections, lost: failed, duplicates: 0 };
}
