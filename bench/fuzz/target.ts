import type { Random } from './random.ts';

/** Code that takes whatever strangers send. */
export interface FuzzTarget {
  readonly name: string;
  /** Of all cases, in per cent. */
  readonly share: number;
  open(): Promise<OpenTarget>;
}

export interface OpenTarget {
  /**
   * Makes one case from the random numbers and runs it.
   *
   * @throws when the code under test did what it must not: an error that it does not document, an internal failure
   */
  run(random: Random): void | Promise<void>;
  close(): Promise<void> | void;
}
