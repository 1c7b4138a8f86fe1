import type { Clock } from '../../clock.ts';
import type { Registry } from '../registry/registry.ts';
import { Deadlines } from './deadlines.ts';
import type { JobStore } from './job-store.ts';
import type { Notices } from './notices.ts';

export interface JobTransactionsPorts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly store: JobStore;
  readonly notices: Notices;
  report(line: string): void;
}

/** Changes that happen as a whole, whether somebody asks for them or their time has come. */
export class JobTransactions {
  readonly #ports: JobTransactionsPorts;
  #depth = 0;

  constructor(ports: JobTransactionsPorts) {
    this.#ports = ports;
  }

  /** All of `work` and what follows from it, or nothing; the world is told afterwards. */
  atomically<T>(work: () => T): T {
    const { registry, notices, store } = this.#ports;
    this.#depth += 1;
    try {
      const result = registry.atomically(work);
      if (this.#depth === 1) notices.release();
      return result;
    } catch (error) {
      if (this.#depth === 1) {
        notices.discard();
        store.forgetCounts();
      }
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  /** Times at which `act` is due for a key, each a change of its own. */
  deadlines(act: (key: string) => void): Deadlines {
    return new Deadlines(this.#ports.clock, (keys) => this.each(keys, act));
  }

  /** One that fails does not keep the others from their time. */
  each(keys: readonly string[], act: (key: string) => void): void {
    for (const key of keys) {
      try {
        this.atomically(() => act(key));
      } catch (error) {
        this.#ports.report(`IoT job ${key} could not go on: ${(error as Error).message}`);
      }
    }
  }
}
