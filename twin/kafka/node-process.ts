import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';

import type { Clock, ScheduledCall } from '../clock.ts';
import { IovError } from '../errors.ts';
import type { Command, Launch } from './launch.ts';
import { writeRunRecord } from './leftover.ts';

/** What happened to the node without anybody having asked for it. */
export type NodeEvent =
  | { readonly kind: 'died'; readonly exit: string; readonly restartInMs: number }
  | { readonly kind: 'restarted'; readonly afterMs: number }
  | { readonly kind: 'restart failed'; readonly reason: string; readonly restartInMs: number };

export interface NodeProcessOptions {
  readonly launch: Launch;
  readonly clock: Clock;
  /** Takes the run record, so that a later twin finds what this one may leave behind. */
  readonly recordFile: string;
  readonly outputFile: string;
  readonly logFile: string;
  /** Resolves when the node answers; rejects when `signal` aborts. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  readonly startTimeoutMs: number;
  readonly report?: (event: NodeEvent) => void;
}

const FIRST_RESTART_MS = 200;
const LONGEST_RESTART_MS = 10_000;
/** A node that lived this long has earned a prompt restart again. */
const HEALTHY_AFTER_MS = 30_000;
/** Longer than Kafka needs to flush its logs and, the first time, to write the class-data archive. */
const STOP_GRACE_MS = 20_000;

function exitText(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ? `signal ${signal}` : `code ${code}`;
}

/** Rejects when the signal aborts; otherwise never settles. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** One Kafka node as a child process: started, watched, started again on the same data when it dies, stopped. */
export class NodeProcess {
  readonly #options: NodeProcessOptions;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restartDelayMs = FIRST_RESTART_MS;
  #restart: ScheduledCall | undefined;
  #readySince = 0;
  #starting: Promise<void> | undefined;

  constructor(options: NodeProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** @throws IovError IOV_KAFKA_FAILED with the end of Kafka's log when it exits or does not answer in time */
  async start(): Promise<void> {
    this.#stopping = false;
    this.#starting = this.#startOnce();
    try {
      await this.#starting;
    } finally {
      this.#starting = undefined;
    }
  }

  async #startOnce(): Promise<void> {
    const { launch, clock, ready, startTimeoutMs } = this.#options;
    const giveUp = new AbortController();
    let exit: string | undefined;
    const child = await this.#spawn(launch.serve, (how) => {
      exit = how;
      giveUp.abort();
    });
    this.#child = child;
    const timer = clock.schedule(startTimeoutMs, () => giveUp.abort());
    try {
      if (child.pid !== undefined) await writeRunRecord(this.#options.recordFile, child.pid, launch.signature);
      await Promise.race([ready(giveUp.signal), aborted(giveUp.signal)]);
      this.#readySince = clock.now();
      child.once('exit', (code, signal) => this.#onDeath(exitText(code, signal)));
      if (exit !== undefined) this.#onDeath(exit);
    } catch (cause) {
      await this.#end(child, 'SIGKILL');
      this.#child = undefined;
      const what = exit === undefined ? `did not answer within ${startTimeoutMs / 1000} s` : `exited with ${exit}`;
      const { logFile } = this.#options;
      throw new IovError('IOV_KAFKA_FAILED', `Kafka ${what}; its log is ${logFile}${await this.#lastWords()}.`, {
        cause,
      });
    } finally {
      timer.cancel();
    }
  }

  async #spawn({ command, args }: Command, onEnd: (how: string) => void): Promise<ChildProcess> {
    const output = await open(this.#options.outputFile, 'a');
    try {
      // In a process group of its own: a Ctrl-C in the terminal reaches the twin, which stops Kafka after what feeds it.
      const child = spawn(command, args, { detached: true, stdio: ['ignore', output.fd, output.fd] });
      child.once('error', (error) => onEnd(error.message));
      child.once('exit', (code, signal) => onEnd(exitText(code, signal)));
      return child;
    } finally {
      await output.close();
    }
  }

  async #lastWords(): Promise<string> {
    const texts = await Promise.all(
      [this.#options.outputFile, this.#options.logFile].map((file) => readFile(file, 'utf8').catch(() => '')),
    );
    const complaint = texts
      .flatMap((text) => text.split('\n'))
      .findLast((line) => /ERROR|FATAL|Exception|Error:/.test(line));
    return complaint ? ` and says: ${complaint.trim().slice(0, 400)}` : '';
  }

  #onDeath(exit: string): void {
    this.#child = undefined;
    if (this.#stopping) return;
    if (this.#options.clock.now() - this.#readySince >= HEALTHY_AFTER_MS) this.#restartDelayMs = FIRST_RESTART_MS;
    this.#options.report?.({ kind: 'died', exit, restartInMs: this.#restartDelayMs });
    this.#scheduleRestart(this.#options.clock.now());
  }

  #scheduleRestart(diedAt: number): void {
    const { clock, report } = this.#options;
    const delayMs = this.#restartDelayMs;
    this.#restartDelayMs = Math.min(this.#restartDelayMs * 2, LONGEST_RESTART_MS);
    this.#restart = clock.schedule(delayMs, () => {
      this.start().then(
        () => report?.({ kind: 'restarted', afterMs: clock.now() - diedAt }),
        (error: unknown) => {
          if (this.#stopping) return;
          report?.({ kind: 'restart failed', reason: (error as Error).message, restartInMs: this.#restartDelayMs });
          this.#scheduleRestart(diedAt);
        },
      );
    });
  }

  /** Ends the node as a crash would. The watch then starts it again. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child) await this.#end(child, 'SIGKILL');
  }

  /** Ends the node in good order, by force when it does not end in time. Nothing starts it again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#restart?.cancel();
    const child = this.#child;
    if (child) {
      await this.#end(child, 'SIGTERM');
      await this.#options.launch.afterStop?.();
    }
    await this.#starting?.catch(() => undefined);
    this.#child = undefined;
    await rm(this.#options.recordFile, { force: true });
  }

  async #end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    if (signal === 'SIGKILL') await this.#forceful(child);
    else child.kill(signal);
    const timer = this.#options.clock.schedule(STOP_GRACE_MS, () => void this.#forceful(child));
    await exited;
    timer.cancel();
  }

  async #forceful(child: ChildProcess): Promise<void> {
    const { kill } = this.#options.launch;
    if (kill) {
      const ended = spawn(kill.command, kill.args, { stdio: 'ignore' });
      // Without its command the container cannot be reached, but the process that shows it can.
      await once(ended, 'exit').catch(() => undefined);
    }
    child.kill('SIGKILL');
  }
}
