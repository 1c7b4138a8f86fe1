import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';

import { SystemClock, type ScheduledCall } from '../clock.ts';
import type { FunctionDefinition } from './definition.ts';
import type { Invocation } from './invoker.ts';
import type { EnvironmentData, FromEnvironment, ToEnvironment } from './worker-protocol.ts';

/** A function's code runs in real time, so its limits do too, even where a test moves the twin's clock. */
const clock = new SystemClock();

/** Lambda gives a function ten seconds to initialise before it counts the time as the invocation's. */
const INIT_LIMIT_MS = 10_000;

export interface ExecutionEnvironmentOptions {
  readonly definition: FunctionDefinition;
  /** The whole process environment that the function sees. */
  readonly variables: Readonly<Record<string, string>>;
  /** Each line that the function writes to its standard output or error. */
  onLogLine(line: string): void;
}

interface Running {
  readonly requestId: string;
  readonly resolve: (invocation: Invocation) => void;
  readonly deadline: ScheduledCall;
}

/** One warm sandbox of a function: a worker thread that runs one invocation at a time. */
export class ExecutionEnvironment {
  readonly #options: ExecutionEnvironmentOptions;
  readonly #worker: Worker;
  readonly #initialised: Promise<string | undefined>;
  #running: Running | undefined;
  #alive = true;

  constructor(options: ExecutionEnvironmentOptions) {
    this.#options = options;
    const { definition } = options;
    const data: EnvironmentData = {
      functionName: definition.name,
      functionArn: definition.arn,
      handler: definition.handler,
      codeFolder: definition.codeFolder,
      timeoutSeconds: definition.timeoutSeconds,
      memoryMegabytes: definition.memoryMegabytes,
      logStreamName: `${new Date(clock.now()).toISOString().slice(0, 10)}/[$LATEST]${randomUUID().replaceAll('-', '')}`,
    };
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: data,
      env: { ...options.variables },
      stdout: true,
      stderr: true,
      // The twin's own flags (inspectors, test runners' loaders) are not the function's.
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: Math.max(64, definition.memoryMegabytes) },
    });
    this.#worker.unref();
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) this.#readLines(stream);
    this.#initialised = new Promise((resolve) => {
      const limit = clock.schedule(INIT_LIMIT_MS, () =>
        resolve(JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage: 'INIT timed out after 10.00 seconds' })),
      );
      this.#worker.on('message', (message: FromEnvironment) => {
        if (message.kind === 'ready') {
          limit.cancel();
          resolve(undefined);
        } else if (message.kind === 'init-error') {
          limit.cancel();
          resolve(message.payload);
        } else {
          this.#finish(message.requestId, {
            payload: message.payload,
            ...(message.kind === 'error' && { functionError: 'Unhandled' as const }),
          });
        }
      });
      this.#worker.on('error', (error) => {
        resolve(JSON.stringify({ errorType: error.name, errorMessage: error.message }));
        this.#die(error.name, error.message);
      });
      this.#worker.on('exit', (code) => {
        resolve(JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with code ${code}` }));
        this.#die(
          'Runtime.ExitError',
          `RequestId: ${this.#running?.requestId} Error: Runtime exited with error: exit status ${code}`,
        );
      });
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Runs one invocation. The caller must not call again before it has the answer. */
  async run(requestId: string, event: string): Promise<Invocation> {
    const { definition } = this.#options;
    let resolve!: (invocation: Invocation) => void;
    const answer = new Promise<Invocation>((settle) => (resolve = settle));
    const running: Running = {
      requestId,
      resolve,
      deadline: clock.schedule(definition.timeoutSeconds * 1000 + INIT_LIMIT_MS, () => this.#timeOut(requestId)),
    };
    this.#running = running;
    const initError = await this.#initialised;
    if (initError !== undefined) {
      this.#finish(requestId, { payload: initError, functionError: 'Unhandled' });
      await this.stop();
      return answer;
    }
    running.deadline.cancel();
    this.#running = {
      ...running,
      deadline: clock.schedule(definition.timeoutSeconds * 1000, () => this.#timeOut(requestId)),
    };
    const message: ToEnvironment = {
      requestId,
      traceId: `Root=1-${requestId.slice(0, 8)}-${requestId.replaceAll('-', '').slice(8, 32)};Sampled=0`,
      event,
    };
    this.#worker.ref();
    this.#worker.postMessage(message);
    return answer;
  }

  async stop(): Promise<void> {
    this.#alive = false;
    await this.#worker.terminate();
  }

  #finish(requestId: string, invocation: Invocation): void {
    if (this.#running?.requestId !== requestId) return;
    const running = this.#running;
    this.#running = undefined;
    this.#worker.unref();
    running.deadline.cancel();
    running.resolve(invocation);
  }

  #die(errorType: string, errorMessage: string): void {
    this.#alive = false;
    if (this.#running) {
      this.#finish(this.#running.requestId, {
        payload: JSON.stringify({ errorType, errorMessage }),
        functionError: 'Unhandled',
      });
    }
  }

  #timeOut(requestId: string): void {
    const seconds = this.#options.definition.timeoutSeconds.toFixed(2);
    const errorMessage = `${new Date(clock.now()).toISOString()} ${requestId} Task timed out after ${seconds} seconds`;
    this.#options.onLogLine(errorMessage);
    this.#finish(requestId, { payload: JSON.stringify({ errorMessage }), functionError: 'Unhandled' });
    void this.stop();
  }

  #readLines(stream: NodeJS.ReadableStream): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line) this.#options.onLogLine(line);
    });
  }
}
