import { randomUUID } from 'node:crypto';

import type { Publication, PublicationProperties, PublicationSource } from '../publication.ts';
import type { RuleMessage } from '../sql/index.ts';

/** A publication as SQL sees it. Made once a message, whatever number of rules it meets. */
export class IngestedMessage implements RuleMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly receivedAt: number;
  readonly source: PublicationSource;
  readonly properties: PublicationProperties | undefined;
  readonly accountId: string;
  #traceId: string | undefined;

  /** @param topic without any `$aws/rules/<rule>/` prefix */
  constructor(publication: Publication, topic: string, accountId: string) {
    this.topic = topic;
    this.payload = publication.payload;
    this.receivedAt = publication.receivedAt;
    this.source = publication.source;
    this.properties = publication.properties;
    this.accountId = accountId;
  }

  /** Undefined for messages that did not come by MQTT (Developer Guide, "traceid()"). */
  get traceId(): string | undefined {
    return this.source.protocol === 'mqtt' ? this.logTraceId : undefined;
  }

  /** The id under which this message's log entries and errors are found, made when the first needs it. */
  get logTraceId(): string {
    return (this.#traceId ??= randomUUID());
  }
}
