import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A client certificate and its key, in PEM form. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface FrontDoorAddresses {
  readonly awsUrl: string;
  readonly mqttsPort: number;
  readonly httpsPort: number;
  readonly ca: string;
  readonly identity: Identity;
}

/** A front door in a process of its own. */
export class RunningFrontDoor {
  readonly addresses: FrontDoorAddresses;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, addresses: FrontDoorAddresses) {
    this.#child = child;
    this.addresses = addresses;
  }

  static async start(stateFolder: string): Promise<RunningFrontDoor> {
    const program = fileURLToPath(new URL('./front-door-process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, stateFolder], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    for await (const line of createInterface({ input: child.stdout }))
      return new RunningFrontDoor(child, JSON.parse(line) as FrontDoorAddresses);
    throw new Error('the front door ended before it listened');
  }

  /** As the power failing: nothing is closed or written any more. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
