import type { Value } from './value.ts';

/** What a rule hands to its actions. */
export interface Output {
  /** The bytes to deliver: the message's own where nothing was changed, JSON text otherwise. Undefined alone is no bytes. */
  bytes(): Buffer;
  /** The JSON value, or `undefined` where the bytes are not JSON. */
  readonly value: Value;
  /** Whether the bytes are the message's own. */
  readonly isRaw: boolean;
}

/** The message as it came. `read` parses it, when somebody wants to see the value. */
export class RawOutput implements Output {
  readonly isRaw = true;
  readonly #payload: Buffer;
  readonly #read: () => Value;

  constructor(payload: Buffer, read: () => Value) {
    this.#payload = payload;
    this.#read = read;
  }

  bytes(): Buffer {
    return this.#payload;
  }

  get value(): Value {
    return this.#read();
  }
}

/** A selected value. Its JSON text is made once, when the first action asks. */
export class ValueOutput implements Output {
  readonly isRaw = false;
  readonly value: Value;
  #bytes: Buffer | undefined;

  constructor(value: Value) {
    this.value = value;
  }

  bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.value === undefined ? '' : JSON.stringify(this.value));
    return this.#bytes;
  }
}
