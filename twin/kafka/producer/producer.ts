import type { ConnectionOptions } from '@platformatic/kafka';

import type { Clock, ScheduledCall } from '../../clock.ts';
import type { BrokerAddress, KafkaLibrary, ProducedPartition, ProducerIdentity } from './broker-client.ts';
import { ClusterView } from './cluster-view.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { OutgoingRecord } from './record.ts';
import type { BatchCodec } from './record-batch.ts';
import { reactionTo } from './response-codes.ts';
import { splitBatch } from './split-batch.ts';
import { TopicRoutes } from './topic-routes.ts';

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
const METADATA_MIN_AGE_MS = 100;

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
  readonly #routes: TopicRoutes;
  /** Queues that hold something. */
  readonly #busy = new Set<PartitionQueue>();
  readonly #leadersInFlight = new Set<number>();
  #bufferedBytes = 0;
  #lastFlush = 0;
  #flushDue = false;
  #retryDelayMs = FIRST_RETRY_MS;
  #wake: ScheduledCall | undefined;
  #wakeAt = 0;
  #refreshing: Promise<void> | undefined;
  #refreshedAt = 0;
  #refreshAttemptedAt = 0;
  #loginRefusedSince: number | undefined;
  #identity: Promise<ProducerIdentity> | undefined;
  /** Queues that have had an identity: another one must differ from it. */
  readonly #identified = new WeakSet<PartitionQueue>();
  #lastError: Error | undefined;
  /** Takes no more records. */
  #closed = false;
  /** Does nothing more. */
  #ended = false;
  #onIdle: (() => void) | undefined;

  constructor(library: KafkaLibrary, options: ProducerOptions) {
    this.#library = library;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#clock = options.clock;
    this.#routes = new TopicRoutes(this.#limits.batchBytes);
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
      const queue = this.#routes.route(record, this.#clock.now(), (error) => {
        this.#bufferedBytes -= size;
        if (error) reject(error);
        else resolve();
      });
      if (queue) this.#busy.add(queue);
      this.#scheduleFlush();
    });
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
    if (this.#ended) return;
    const now = this.#clock.now();
    this.#lastFlush = now;
    this.#expire(now);
    this.#refreshIfStale(now);
    const byLeader = new Map<number, PartitionQueue[]>();
    // Whatever becomes of requests and timers, what is left is looked at again: at the latest when it may have expired.
    let wake = LONGEST_RETRY_MS;
    for (const queue of this.#busy) {
      if (queue.retryAt > now) wake = Math.min(wake, queue.retryAt - now);
      if (queue.inFlight || queue.retryAt > now || this.#leadersInFlight.has(queue.leader)) continue;
      const queues = byLeader.get(queue.leader);
      if (queues) queues.push(queue);
      else byLeader.set(queue.leader, [queue]);
    }
    if (!this.#isIdle) this.#wakeIn(wake);
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

  /** Flushes in this many milliseconds, or sooner when that was asked for. */
  #wakeIn(delayMs: number): void {
    const at = this.#clock.now() + delayMs;
    if (this.#wake && this.#wakeAt <= at) return;
    this.#wake?.cancel();
    this.#wakeAt = at;
    this.#wake = this.#clock.schedule(delayMs, () => {
      this.#wake = undefined;
      this.#flush();
    });
  }

  #refreshIfStale(now: number): void {
    const isStale = now - this.#refreshedAt > METADATA_MAX_AGE_MS || this.#routes.needsMetadata;
    if (!isStale || this.#refreshing) return;
    const wait = this.#refreshAttemptedAt + METADATA_MIN_AGE_MS - now;
    if (wait > 0) return this.#wakeIn(wait);
    this.#refreshAttemptedAt = now;
    this.#refresh();
  }

  #refresh(): void {
    this.#refreshing ??= this.#cluster
      .refresh(this.#routes.names())
      .then(
        (missing) => {
          this.#refreshedAt = this.#clock.now();
          this.#loginRefusedSince = undefined;
          this.#onMetadata(missing);
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

  #onMetadata(missing: readonly string[]): void {
    if (missing.length > 0) {
      this.#lastError = new Error(`Topic ${missing.join(', ')} does not exist`);
      // Asked for again even when nobody waits, so that the first record after the topic's creation finds it.
      this.#wakeIn(this.#isIdle ? LONGEST_RETRY_MS : METADATA_MIN_AGE_MS);
    }
    const filled = this.#routes.update(this.#cluster.topics, new Set(missing), this.#clock.now());
    for (const queue of filled) this.#busy.add(queue);
    if (this.#busy.size > 0) this.#scheduleFlush();
  }

  /** Fails what has waited too long, or waits for what will not come. */
  #expire(now: number): void {
    const { deliveryTimeoutMs, refusalGraceMs } = this.#limits;
    const isRefused = this.#loginRefusedSince !== undefined && now - this.#loginRefusedSince >= refusalGraceMs;
    const deadline = isRefused ? Infinity : now - deliveryTimeoutMs;
    this.#routes.expire(
      deadline,
      now - refusalGraceMs,
      () => new Error(this.#describe('Kafka did not take the record')),
    );
    for (const queue of this.#busy) if (queue.isEmpty) this.#busy.delete(queue);
  }

  #describe(what: string): string {
    return this.#lastError ? `${what}: ${innermostMessage(this.#lastError)}` : `${what}.`;
  }

  get #isIdle(): boolean {
    return this.#busy.size === 0 && !this.#routes.hasWaiting;
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
    this.#ended = true;
    this.#wake?.cancel();
    await this.#cluster.close();
    this.#routes.failAll(new Error(this.#describe('The rules engine was stopped before Kafka took the record')));
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
