import type { ConnectionOptions } from '@platformatic/kafka';

import type { Clock, ScheduledCall } from '../../clock.ts';
import type { BrokerAddress, KafkaLibrary, ProducedPartition, ProducerIdentity } from './broker-client.ts';
import { ClusterView } from './cluster-view.ts';
import { murmur2, partitionOf } from './murmur2.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { OutgoingRecord } from './record.ts';
import type { BatchCodec, Settle } from './record-batch.ts';
import { reactionTo } from './response-codes.ts';
import { splitBatch } from './split-batch.ts';

export interface ProducerOptions {
  readonly bootstrap: readonly BrokerAddress[];
  readonly connection: Pick<ConnectionOptions, 'tls' | 'sasl' | 'tlsServerName'>;
  readonly acks: -1 | 0 | 1;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly clock: Clock;
  readonly limits?: Partial<ProducerLimits>;
}

export interface ProducerLimits {
  /** Under load, records of this many milliseconds travel together; a lone record does not wait. Kafka's own default. */
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly requestBytes: number;
  /** Beyond this a record is refused at once: with Kafka away, memory must not grow with the outage. */
  readonly bufferBytes: number;
  /** From `send` to the failure of a record that cannot be delivered. */
  readonly deliveryTimeoutMs: number;
  /** How long a missing topic or a refused login is taken for a cluster that is still starting. */
  readonly refusalGraceMs: number;
  readonly requestTimeoutMs: number;
  /** How long `close` waits for what is on its way. */
  readonly closeTimeoutMs: number;
}

export const DEFAULT_LIMITS: ProducerLimits = {
  lingerMs: 5,
  batchBytes: 262_144,
  requestBytes: 4_194_304,
  bufferBytes: 67_108_864,
  deliveryTimeoutMs: 30_000,
  refusalGraceMs: 2000,
  requestTimeoutMs: 10_000,
  closeTimeoutMs: 2000,
};

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1000;
const METADATA_MAX_AGE_MS = 60_000;
/** A topic that is not there must not make every flush ask for it. */
const METADATA_MIN_AGE_MS = 50;

interface TopicState {
  queues: PartitionQueue[] | undefined;
  /** Records that came before the topic's partitions were known. */
  waiting: { readonly record: OutgoingRecord; readonly at: number; readonly settle: Settle }[];
  missingSince: number | undefined;
  /** Where records without a key go until the next batch begins. */
  sticky: number;
}

/**
 * Sends records to a Kafka cluster. Per partition the order of `send` is the order in the log, retries included; with
 * `acks=all` a retry never writes a record twice (idempotent producer, KIP-98).
 */
export class KafkaProducer {
  readonly #library: KafkaLibrary;
  readonly #options: ProducerOptions;
  readonly #limits: ProducerLimits;
  readonly #clock: Clock;
  readonly #cluster: ClusterView;
  readonly #codec: BatchCodec;
  readonly #topics = new Map<string, TopicState>();
  /** Queues that hold something. */
  readonly #busy = new Set<PartitionQueue>();
  readonly #leadersInFlight = new Set<number>();
  readonly #keyBytes = Buffer.allocUnsafe(65_536);
  #bufferedBytes = 0;
  #lastFlush = 0;
  #flushDue = false;
  #retryDelayMs = FIRST_RETRY_MS;
  #wake: ScheduledCall | undefined;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = 0;
  #refreshAttemptedAt = 0;
  #loginRefusedSince: number | undefined;
  #identity: Promise<ProducerIdentity> | undefined;
  /** Queues that have had an identity: another one must differ from it. */
  readonly #identified = new WeakSet<PartitionQueue>();
  #lastError: Error | undefined;
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor(library: KafkaLibrary, options: ProducerOptions) {
    this.#library = library;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#clock = options.clock;
    const timeouts = { connectTimeout: 5000, requestTimeout: this.#limits.requestTimeoutMs };
    this.#cluster = new ClusterView(library, options.bootstrap, { ...options.connection, ...timeouts });
    const { compression } = options;
    this.#codec = {
      crc32c: (data) => library.crc32c(data),
      compression: compression === 'none' ? undefined : library.compressionsAlgorithms[compression],
    };
  }

  /**
   * Resolves when the record is in Kafka as far as `acks` says.
   *
   * @throws Error with the reason when it has not got there within the delivery timeout, or never can
   */
  send(record: OutgoingRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      const size = record.value.length + 64;
      if (this.#closed || this.#bufferedBytes + size > this.#limits.bufferBytes) {
        return reject(
          new Error(this.#closed ? 'The producer is closed.' : this.#describe('The producer buffer is full')),
        );
      }
      this.#bufferedBytes += size;
      this.#enqueue(record, this.#clock.now(), (error) => {
        this.#bufferedBytes -= size;
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #enqueue(record: OutgoingRecord, at: number, settle: Settle): void {
    let topic = this.#topics.get(record.topic);
    if (!topic) {
      topic = { queues: undefined, waiting: [], missingSince: undefined, sticky: 0 };
      this.#topics.set(record.topic, topic);
    }
    if (!topic.queues) {
      topic.waiting.push({ record, at, settle });
      this.#scheduleFlush();
      return;
    }
    const partition = this.#choosePartition(record, topic);
    const queue = topic.queues[partition];
    if (!queue) {
      return settle(new Error(`Topic ${record.topic} has no partition ${partition}; it has ${topic.queues.length}.`));
    }
    const isNewBatch = queue.append(record, at, settle);
    if (isNewBatch && record.key === undefined) topic.sticky += 1;
    this.#busy.add(queue);
    this.#scheduleFlush();
  }

  #choosePartition({ key, partition }: OutgoingRecord, topic: TopicState): number {
    const count = topic.queues!.length;
    if (partition !== undefined) return partition;
    if (key === undefined) return topic.sticky % count;
    const length = Buffer.byteLength(key);
    const bytes = length <= this.#keyBytes.length ? this.#keyBytes : Buffer.allocUnsafe(length);
    bytes.write(key, 0);
    return partitionOf(murmur2(bytes, length), count);
  }

  #scheduleFlush(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    const wait = this.#lastFlush + this.#limits.lingerMs - this.#clock.now();
    const flush = (): void => {
      this.#flushDue = false;
      this.#flush();
    };
    if (wait <= 0) setImmediate(flush);
    else this.#clock.schedule(wait, flush);
  }

  #flush(): void {
    const now = this.#clock.now();
    this.#lastFlush = now;
    this.#expire(now);
    this.#refreshIfStale(now);
    const byLeader = new Map<number, PartitionQueue[]>();
    for (const queue of this.#busy) {
      if (queue.inFlight || queue.retryAt > now || this.#leadersInFlight.has(queue.leader)) continue;
      const queues = byLeader.get(queue.leader);
      if (queues) queues.push(queue);
      else byLeader.set(queue.leader, [queue]);
    }
    for (const [leader, queues] of byLeader) void this.#produce(leader, queues);
  }

  /** Sends the heads of these queues in one request, and decides about each by the broker's answer. */
  async #produce(leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    this.#leadersInFlight.add(leader);
    const { acks } = this.#options;
    const sent: PartitionQueue[] = [];
    try {
      if (acks === -1) await this.#identify(queues);
      const client = await this.#cluster.leader(leader);
      const batches: { topic: string; partition: number; records: Buffer }[] = [];
      let bytes = 0;
      for (const queue of queues) {
        if (!queue.head || (bytes > 0 && bytes + queue.head.bytes > this.#limits.requestBytes)) continue;
        bytes += queue.head.bytes;
        batches.push({ topic: queue.topic, partition: queue.partition, records: queue.seal(this.#codec) });
        queue.inFlight = true;
        sent.push(queue);
      }
      const answers = batches.length === 0 ? [] : await client.produce(acks, this.#limits.requestTimeoutMs, batches);
      this.#retryDelayMs = FIRST_RETRY_MS;
      this.#loginRefusedSince = undefined;
      for (const queue of sent) this.#conclude(queue, answers, acks);
    } catch (error) {
      this.#lastError = error as Error;
      for (const queue of sent) {
        // Without acknowledgements there is nothing to wait for and nothing to repeat.
        if (!queue.head) continue;
        if (acks === 0) queue.failed(error as Error);
        else queue.head.mayBeWritten = true;
      }
      this.#onUnreachable(error, queues);
    } finally {
      this.#leadersInFlight.delete(leader);
      for (const queue of sent) {
        queue.inFlight = false;
        if (queue.isEmpty) this.#busy.delete(queue);
      }
      if (this.#busy.size > 0) this.#scheduleFlush();
      else if (this.#isIdle) this.#onIdle?.();
    }
  }

  #conclude(queue: PartitionQueue, answers: readonly ProducedPartition[], acks: number): void {
    // The producer was closed, and its records failed, while the request was under way.
    if (!queue.head) return;
    if (acks === 0) return queue.delivered();
    const answer = answers.find(({ topic, partition }) => topic === queue.topic && partition === queue.partition);
    const code = answer?.errorCode ?? 13;
    const reason = this.#reason(code, answer?.errorMessage);
    switch (reactionTo(code)) {
      case 'written':
        return queue.delivered();
      case 'retry':
        this.#lastError = reason;
        return this.#retryLater([queue]);
      case 'new identity':
        return queue.forgetIdentity();
      case 'too large':
        if (queue.head!.count === 1) return queue.failed(reason);
        return queue.replaceHead(splitBatch(this.#library, queue.head!, queue.topic));
      case 'refused':
        return queue.failed(reason);
    }
  }

  #reason(code: number, message: string | null | undefined): Error {
    const name = this.#library.protocolErrorsCodesById[code] ?? `code ${code}`;
    return new Error(`Kafka refused the record: ${name}${message ? ` (${message})` : ''}.`);
  }

  /** Gives each queue a producer id; one serves all until a queue has to begin anew. */
  async #identify(queues: readonly PartitionQueue[]): Promise<void> {
    for (const queue of queues) {
      if (queue.identity) continue;
      if (this.#identified.has(queue)) this.#identity = undefined;
      this.#identity ??= this.#cluster.any().then((client) => client.newProducerId());
      try {
        queue.identity = await this.#identity;
      } catch (error) {
        this.#identity = undefined;
        throw error;
      }
      this.#identified.add(queue);
    }
  }

  #onUnreachable(error: unknown, queues: readonly PartitionQueue[]): void {
    if (isLoginRefused(error)) this.#loginRefusedSince ??= this.#clock.now();
    this.#retryLater(queues);
  }

  #retryLater(queues: readonly PartitionQueue[]): void {
    const delay = this.#retryDelayMs;
    this.#retryDelayMs = Math.min(delay * 2, LONGEST_RETRY_MS);
    for (const queue of queues) queue.retryAt = this.#clock.now() + delay;
    this.#refreshedAt = 0;
    this.#wakeIn(delay);
  }

  #wakeIn(delayMs: number): void {
    this.#wake?.cancel();
    this.#wake = this.#clock.schedule(delayMs, () => this.#flush());
  }

  #refreshIfStale(now: number): void {
    let isStale = now - this.#refreshedAt > METADATA_MAX_AGE_MS;
    for (const topic of this.#topics.values()) isStale ||= topic.waiting.length > 0 || topic.missingSince !== undefined;
    if (!isStale || this.#refreshing) return;
    const wait = this.#refreshAttemptedAt + METADATA_MIN_AGE_MS - now;
    if (wait > 0) return this.#wakeIn(wait);
    this.#refreshAttemptedAt = now;
    this.#refresh();
  }

  #refresh(): void {
    this.#refreshing ??= this.#cluster
      .refresh([...this.#topics.keys()])
      .then(
        (missing) => {
          this.#refreshedAt = this.#clock.now();
          this.#loginRefusedSince = undefined;
          this.#applyTopics(new Set(missing));
        },
        (error: unknown) => {
          this.#lastError = error as Error;
          this.#onUnreachable(error, []);
        },
      )
      .finally(() => {
        this.#refreshing = undefined;
      });
  }

  #applyTopics(missing: ReadonlySet<string>): void {
    const now = this.#clock.now();
    for (const [name, topic] of this.#topics) {
      const view = this.#cluster.topics.get(name);
      if (missing.has(name) || !view) {
        topic.missingSince ??= now;
        this.#lastError = new Error(`Topic ${name} does not exist`);
        this.#wakeIn(METADATA_MIN_AGE_MS);
        continue;
      }
      topic.missingSince = undefined;
      const queues = (topic.queues ??= []);
      view.leaders.forEach((leader, partition) => {
        const queue = queues[partition];
        if (queue) queue.leader = leader;
        else queues.push(new PartitionQueue(name, partition, leader, this.#limits.batchBytes));
      });
      const { waiting } = topic;
      topic.waiting = [];
      for (const { record, at, settle } of waiting) this.#enqueue(record, at, settle);
    }
    if (this.#busy.size > 0) this.#scheduleFlush();
  }

  /** Fails what has waited too long, or waits for what will not come. */
  #expire(now: number): void {
    const { deliveryTimeoutMs, refusalGraceMs } = this.#limits;
    const refused = this.#loginRefusedSince !== undefined && now - this.#loginRefusedSince >= refusalGraceMs;
    for (const topic of this.#topics.values()) {
      const gone = topic.missingSince !== undefined && now - topic.missingSince >= refusalGraceMs;
      const isOver = (since: number): boolean => refused || gone || now - since >= deliveryTimeoutMs;
      while (topic.waiting.length > 0 && isOver(topic.waiting[0]!.at)) {
        topic.waiting.shift()!.settle(new Error(this.#describe('Kafka did not take the record')));
      }
      for (const queue of topic.queues ?? []) {
        while (!queue.inFlight && queue.head && isOver(queue.head.createdAt)) {
          queue.failed(new Error(this.#describe('Kafka did not take the record')));
        }
        if (queue.isEmpty) this.#busy.delete(queue);
      }
    }
  }

  #describe(what: string): string {
    return this.#lastError ? `${what}: ${innermostMessage(this.#lastError)}` : `${what}.`;
  }

  get #isIdle(): boolean {
    return this.#busy.size === 0 && [...this.#topics.values()].every(({ waiting }) => waiting.length === 0);
  }

  /** Waits a little for what is on its way, fails the rest, and closes the connections. Takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#isIdle) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.schedule(this.#limits.closeTimeoutMs, resolve);
        this.#onIdle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.#wake?.cancel();
    await this.#cluster.close();
    const error = new Error(this.#describe('The rules engine was stopped before Kafka took the record'));
    for (const topic of this.#topics.values()) {
      for (const { settle } of topic.waiting.splice(0)) settle(error);
      for (const queue of topic.queues ?? []) while (queue.head) queue.failed(error);
    }
  }
}

function isLoginRefused(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ((at as { code?: string }).code === 'PLT_KFK_AUTHENTICATION') return true;
  }
  return false;
}

function innermostMessage(error: Error): string {
  let at = error;
  while (at.cause instanceof Error) at = at.cause;
  return at.message;
}
