import type { PublicationProperties, PublicationSource } from '../../publication.ts';
import type { RuleMessage } from '../../sql/index.ts';

/** A message that remembers whether anybody looked at it: a value made without looking is good for other messages too. */
export class ProbedMessage implements RuleMessage {
  wasRead = false;
  readonly accountId: string;
  readonly #message: RuleMessage;

  constructor(message: RuleMessage) {
    this.#message = message;
    this.accountId = message.accountId;
  }

  #read(): RuleMessage {
    this.wasRead = true;
    return this.#message;
  }

  get topic(): string {
    return this.#read().topic;
  }

  get payload(): Buffer {
    return this.#read().payload;
  }

  get receivedAt(): number {
    return this.#read().receivedAt;
  }

  get source(): PublicationSource {
    return this.#read().source;
  }

  get properties(): PublicationProperties | undefined {
    return this.#read().properties;
  }

  get traceId(): string | undefined {
    return this.#read().traceId;
  }
}
