import type { Identity, Target } from '../load/job.ts';

/** What is measured: a broker with its way into Kafka. */
export interface Side {
  readonly name: 'twin' | 'mosquitto';
  /** TLS with client certificates. */
  readonly tls: Target;
  readonly plain: Target;
  readonly devices: readonly Identity[];
  readonly publisher: Identity;
  /** Of the broker itself: what a connection costs in memory is read there. */
  readonly brokerPid: number;
  /** Of all that a message goes through on its way into Kafka, Kafka itself excepted. */
  readonly uplinkPids: readonly number[];
  /** `%c` is the client id. */
  readonly uplinkTopic: string;
  readonly kafka: { readonly bootstrap: string; readonly topic: string };
  /** Makes memory comparable: garbage is not what a connection needs. */
  collectGarbage(): Promise<void>;
}
