import type { PublicationProperties, PublicationSource } from '../publication.ts';

/** What a rule sees of one message. `topic` comes without the Basic Ingest prefix `$aws/rules/<rule>/`. */
export interface RuleMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** Milliseconds since the epoch: what `timestamp()` returns. */
  readonly receivedAt: number;
  readonly source: PublicationSource;
  readonly properties?: PublicationProperties;
  /** The account that owns the rule. */
  readonly accountId: string;
  readonly traceId?: string;
}
