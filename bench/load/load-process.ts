/** A child process that is the load: its CPU counts for no broker. The job is its first message. */
import { runBroadcast } from './broadcast.ts';
import { connectAll } from './device.ts';
import type { FromLoad, IdleJob, Job, JobResult } from './job.ts';
import { runStorm } from './storm.ts';
import { runUplink } from './uplink.ts';

const tell = (message: FromLoad): void => void process.send!(message);
const started = (): void => tell({ event: 'started' });

/** Holds the connections until the parent ends this process. */
async function runIdle({ target, devices }: IdleJob): Promise<JobResult> {
  const began = performance.now();
  const connected = await connectAll(target, devices);
  return { seconds: (performance.now() - began) / 1000, count: connected.length, lost: 0, duplicates: 0 };
}

function run(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case 'uplink':
      return runUplink(job, started);
    case 'idle':
      return runIdle(job);
    case 'storm':
      return runStorm(job, started);
    case 'broadcast':
      return runBroadcast(job, started);
  }
}

process.once('message', (job: Job) => {
  run(job).then(
    (result) => tell({ event: 'finished', result }),
    (error: unknown) => tell({ event: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
