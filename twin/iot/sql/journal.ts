import { EvaluationFailure } from './errors.ts';
import type { Value } from './value.ts';

/** Thrown to leave an evaluation that needs an answer from outside; never seen by callers of the engine. */
class Suspension {
  readonly answer: Promise<Value>;
  constructor(answer: Promise<Value>) {
    this.answer = answer;
  }
}

type Entry = { readonly value: Value } | { readonly failure: unknown };

/**
 * Lets synchronous evaluators use asynchronous functions: a call whose answer is not here leaves the evaluation, which runs again
 * from the start once the answer is in the journal. Everything that could differ between two runs (answers, random numbers) is
 * recorded, so each run takes the same way. Statements without such functions pay nothing.
 */
export class Journal {
  readonly #entries: Entry[] = [];
  #cursor = 0;

  record(produce: () => Value | Promise<Value>): Value {
    const known = this.#entries[this.#cursor];
    if (known) {
      this.#cursor++;
      return read(known);
    }
    let entry: Entry;
    try {
      const produced = produce();
      if (isPromise(produced)) throw new Suspension(produced);
      entry = { value: produced };
    } catch (failure) {
      if (failure instanceof Suspension) throw failure;
      entry = { failure };
    }
    this.#entries.push(entry);
    this.#cursor++;
    return read(entry);
  }

  rewind(): void {
    this.#cursor = 0;
  }

  async settle(answer: Promise<Value>): Promise<void> {
    this.#entries.push(
      await answer.then(
        (value): Entry => ({ value }),
        (failure: unknown): Entry => ({ failure }),
      ),
    );
  }
}

/** By its `then`: promises of other realms and libraries count too. */
function isPromise(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function read(entry: Entry): Value {
  if ('failure' in entry) throw asFailure(entry.failure);
  return entry.value;
}

function asFailure(cause: unknown): EvaluationFailure {
  if (cause instanceof EvaluationFailure) return cause;
  return new EvaluationFailure(cause instanceof Error ? cause.message : String(cause), { cause });
}

/** Runs `attempt` until it needs nothing more from outside. Without a suspension the result comes without a promise. */
export function runToEnd<T>(journal: Journal, rewind: () => void, attempt: () => T): T | Promise<T> {
  try {
    return attempt();
  } catch (suspension) {
    if (suspension instanceof Suspension) return resume(journal, rewind, attempt, suspension);
    throw suspension;
  }
}

async function resume<T>(journal: Journal, rewind: () => void, attempt: () => T, first: Suspension): Promise<T> {
  let suspension = first;
  for (;;) {
    await journal.settle(suspension.answer);
    rewind();
    try {
      return attempt();
    } catch (next) {
      if (!(next instanceof Suspension)) throw next;
      suspension = next;
    }
  }
}
