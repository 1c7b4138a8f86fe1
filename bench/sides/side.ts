import type { Identity, Target } from '../load/job.ts';

/** What is measured: a broker with its way into Kafka. */
export interface Side {
  readonly name: 'twin' | 'mosquitto';
  /** TLS with client certificates. */
  readonly tls: Target;
  /** Without TLS and certificates. */
  readonly plain: Target;
  readonly devices: readonly Identity[];
  readonly publisher: Identity;
  /** Of the broker itself. */
  readonly brokerPid: number;
  /** Of all that a message goes through on its way into Kafka, Kafka itself excepted. */
  readonly uplinkPids: readonly number[];
  /** `%c` is the client id. */
  readonly uplinkTopic: string;
  readonly kafka: { readonly bootstrap: string; readonly topic: string };
  /** Bytes in use by the process that takes the connections of this kind. */
  memoryInUse(connections: 'tls' | 'plain'): Promise<number>;
}
