import type { Clock } from '../../clock.ts';
import { splitServer } from '../../kafka/cluster-admin.ts';
import { KafkaProducer, type ProducerLimits, type ProducerOptions } from '../../kafka/producer/producer.ts';
import type { KafkaConnectionProperties, KafkaRecord, ProducerPool } from './actions/action.ts';
import type { KafkaTrust } from './ports.ts';

/** One producer for each distinct set of client properties, shared by all rules that name it. */
export class KafkaProducerPool implements ProducerPool {
  readonly #trust: KafkaTrust;
  readonly #clock: Clock;
  readonly #limits: Partial<ProducerLimits> | undefined;
  /** The way of every message: properties that were seen before, by identity. */
  readonly #ready = new WeakMap<KafkaConnectionProperties, KafkaProducer>();
  readonly #opening = new WeakMap<KafkaConnectionProperties, Promise<KafkaProducer>>();
  readonly #producers = new Map<string, KafkaProducer>();

  constructor(clock: Clock, trust: KafkaTrust = {}, limits?: Partial<ProducerLimits>) {
    this.#clock = clock;
    this.#trust = trust;
    this.#limits = limits;
  }

  send(connection: KafkaConnectionProperties, record: KafkaRecord): Promise<void> {
    const producer = this.#ready.get(connection);
    if (producer) return producer.send(record);
    let opening = this.#opening.get(connection);
    if (!opening) {
      opening = this.#open(connection);
      this.#opening.set(connection, opening);
    }
    // All that came before the client was loaded wait for one promise, so they go on in the order they came.
    return opening.then((opened) => opened.send(record));
  }

  async #open(connection: KafkaConnectionProperties): Promise<KafkaProducer> {
    const library = await import('@platformatic/kafka');
    const name = JSON.stringify(Object.entries(connection).sort(([a], [b]) => (a < b ? -1 : 1)));
    let producer = this.#producers.get(name);
    if (!producer) {
      producer = new KafkaProducer(library, {
        ...producerOptions(connection, this.#trust),
        clock: this.#clock,
        limits: this.#limits,
      });
      this.#producers.set(name, producer);
    }
    this.#ready.set(connection, producer);
    return producer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#producers.values()].map((producer) => producer.close()));
    this.#producers.clear();
  }
}

/**
 * A producer's options from a rule's client properties.
 *
 * @throws Error when a keystore or truststore is in a form that only Java reads
 */
export function producerOptions(
  properties: KafkaConnectionProperties,
  trust: KafkaTrust,
): Omit<ProducerOptions, 'clock' | 'limits'> {
  const servers = (properties['bootstrap.servers'] ?? '').split(',').map((server) => server.trim());
  const bootstrap = servers.map((server) => {
    const [host, port] = splitServer(server);
    return { host, port };
  });
  const plaintext = servers.every((server) => trust.plaintextServers?.has(server));
  const acks = properties['acks'] ?? '1';
  return {
    bootstrap,
    acks: acks === 'all' || acks === '-1' ? -1 : acks === '0' ? 0 : 1,
    compression: (properties['compression.type'] ?? 'none') as ProducerOptions['compression'],
    connection: plaintext ? {} : { tls: tlsOf(properties, trust), sasl: saslOf(properties) },
  };
}

function saslOf(properties: KafkaConnectionProperties): ProducerOptions['connection']['sasl'] {
  if (properties['security.protocol'] !== 'SASL_SSL') return undefined;
  const isPlain = properties['sasl.mechanism'] === 'PLAIN';
  return {
    mechanism: isPlain ? 'PLAIN' : 'SCRAM-SHA-512',
    username: properties[isPlain ? 'sasl.plain.username' : 'sasl.scram.username'] ?? '',
    password: properties[isPlain ? 'sasl.plain.password' : 'sasl.scram.password'] ?? '',
  };
}

function tlsOf(
  properties: KafkaConnectionProperties,
  trust: KafkaTrust,
): NonNullable<ProducerOptions['connection']['tls']> {
  const keystore = properties['ssl.keystore'];
  const identity = keystore
    ? { pfx: Buffer.from(keystore, 'base64'), passphrase: properties['ssl.keystore.password'] }
    : {};
  const truststore = properties['ssl.truststore'];
  if (!truststore) return { ca: trust.certificateAuthority, ...identity };
  const text = Buffer.from(truststore, 'base64').toString('latin1');
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Error('The twin reads an ssl.truststore of PEM certificates; this one is a Java keystore.');
  }
  return { ca: text, ...identity };
}
