import { forkModule, nextMessage, stopChild } from '../child-process.ts';
import { cpuSeconds } from '../process-usage.ts';
import type { FromLoad, Job, JobResult } from './job.ts';

export interface MeasuredJob extends JobResult {
  /** Of the processes under test, while the job ran. */
  readonly cpuSeconds: number;
}

/** A message went missing: the figures of such a run say nothing, so there are none. */
export class MessagesLost extends Error {}

/**
 * Runs a job in a process of its own and reads the CPU time of others meanwhile.
 *
 * @throws MessagesLost; Error when the load itself failed
 */
export async function runJob(job: Job, pids: readonly number[]): Promise<MeasuredJob> {
  const child = forkModule('./load/load-process.ts');
  try {
    let before = cpuSeconds(pids);
    child.on('message', (message: FromLoad) => {
      if (message.event === 'started') before = cpuSeconds(pids);
    });
    child.send(job);
    const end = await nextMessage<FromLoad>(child, ({ event }) => event !== 'started');
    const used = cpuSeconds(pids) - before;
    if (end.event === 'failed') throw new Error(end.reason);
    const { result } = end as Extract<FromLoad, { event: 'finished' }>;
    if (result.lost > 0) throw new MessagesLost(`${result.lost} of ${result.count} were lost (${job.kind})`);
    return { ...result, cpuSeconds: used };
  } finally {
    await stopChild(child);
  }
}

/** Connections that do nothing, held until they are closed. */
export async function holdConnections(job: Extract<Job, { kind: 'idle' }>): Promise<{ close(): Promise<void> }> {
  const child = forkModule('./load/load-process.ts');
  child.send(job);
  const end = await nextMessage<FromLoad>(child);
  if (end.event === 'failed') {
    await stopChild(child);
    throw new Error(end.reason);
  }
  return { close: () => stopChild(child) };
}
