import type { TopicView } from './cluster-view.ts';
import { murmur2, partitionOf } from './murmur2.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { OutgoingRecord } from './record.ts';
import type { Settle } from './record-batch.ts';

interface TopicState {
  queues: PartitionQueue[] | undefined;
  /** Records that came before the topic's partitions were known. */
  waiting: { readonly record: OutgoingRecord; readonly at: number; readonly settle: Settle }[];
  /** Since when the cluster has said that there is no such topic. */
  missingSince: number | undefined;
  /** Where records without a key go until the next batch begins. */
  sticky: number;
}

/** Brings each record to the queue of its partition, and keeps those of unknown topics until the topic is known. */
export class TopicRoutes {
  readonly #topics = new Map<string, TopicState>();
  readonly #keyBytes = Buffer.allocUnsafe(65_536);
  readonly #batchBytes: number;

  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes;
  }

  names(): string[] {
    return [...this.#topics.keys()];
  }

  /** Whether the cluster should be asked again: a topic is not known yet, or was not there. */
  get needsMetadata(): boolean {
    for (const { waiting, missingSince } of this.#topics.values())
      if (waiting.length > 0 || missingSince !== undefined) return true;
    return false;
  }

  get hasWaiting(): boolean {
    for (const { waiting } of this.#topics.values()) if (waiting.length > 0) return true;
    return false;
  }

  /** @returns the queue that took the record; undefined when it waits for metadata, or was refused at once */
  route(record: OutgoingRecord, at: number, settle: Settle): PartitionQueue | undefined {
    let topic = this.#topics.get(record.topic);
    if (!topic) {
      topic = { queues: undefined, waiting: [], missingSince: undefined, sticky: 0 };
      this.#topics.set(record.topic, topic);
    }
    if (!topic.queues) {
      topic.waiting.push({ record, at, settle });
      return undefined;
    }
    const partition = this.#choosePartition(record, topic.queues.length, topic.sticky);
    const queue = topic.queues[partition];
    if (!queue) {
      settle(new Error(`Topic ${record.topic} has no partition ${partition}; it has ${topic.queues.length}.`));
      return undefined;
    }
    const isNewBatch = queue.append(record, at, settle);
    if (isNewBatch && record.key === undefined) topic.sticky += 1;
    return queue;
  }

  #choosePartition({ key, partition }: OutgoingRecord, count: number, sticky: number): number {
    if (partition !== undefined) return partition;
    if (key === undefined) return sticky % count;
    const length = Buffer.byteLength(key);
    const bytes = length <= this.#keyBytes.length ? this.#keyBytes : Buffer.allocUnsafe(length);
    bytes.write(key, 0);
    return partitionOf(murmur2(bytes, length), count);
  }

  /**
   * Takes over what the cluster says, and sends records that waited for it on their way.
   *
   * @returns the queues that took any
   */
  update(views: ReadonlyMap<string, TopicView>, missing: ReadonlySet<string>, now: number): PartitionQueue[] {
    const filled: PartitionQueue[] = [];
    for (const [name, topic] of this.#topics) {
      const view = views.get(name);
      if (missing.has(name) || !view) {
        topic.missingSince ??= now;
        continue;
      }
      topic.missingSince = undefined;
      const queues = (topic.queues ??= []);
      view.leaders.forEach((leader, partition) => {
        const queue = queues[partition];
        if (queue) queue.leader = leader;
        else queues.push(new PartitionQueue(name, partition, leader, this.#batchBytes));
      });
      for (const { record, at, settle } of topic.waiting.splice(0)) {
        const queue = this.route(record, at, settle);
        if (queue) filled.push(queue);
      }
    }
    return filled;
  }

  /**
   * Fails the records that came before `deadline`, and all of a topic that has been missing since `missingBefore`.
   *
   * @param reason called only when there is something to fail
   */
  expire(deadline: number, missingBefore: number, reason: () => Error): void {
    for (const topic of this.#topics.values()) {
      const isGone = topic.missingSince !== undefined && topic.missingSince <= missingBefore;
      const limit = isGone ? Infinity : deadline;
      while (topic.waiting.length > 0 && topic.waiting[0]!.at <= limit) topic.waiting.shift()!.settle(reason());
      for (const queue of topic.queues ?? []) {
        while (!queue.inFlight && queue.head && queue.head.createdAt <= limit) queue.failed(reason());
      }
    }
  }

  failAll(error: Error): void {
    for (const topic of this.#topics.values()) {
      for (const { settle } of topic.waiting.splice(0)) settle(error);
      for (const queue of topic.queues ?? []) while (queue.head) queue.failed(error);
    }
  }
}
