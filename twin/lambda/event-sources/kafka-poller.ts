import type { Clock } from '../../clock.ts';
import type { LambdaInvoker } from '../invoker.ts';
import { discarded, type DiscardReason } from './kafka-discard.ts';
import { failedRecords, kafkaEvent, type KafkaRecord } from './kafka-record.ts';
import type { EventSourceMapping, KafkaSettings, Poller } from './mapping.ts';

/** One membership of a consumer group. */
export interface KafkaConsumption {
  readonly bootstrapServers: string;
  /** Waits until there is a record, then for `windowMs` more or until there are `maxRecords`. Empty only when stopping. */
  receive(maxRecords: number, windowMs: number, signal: AbortSignal): Promise<readonly KafkaRecord[]>;
  /** Everything up to and including these records is done with. */
  commit(records: readonly KafkaRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface KafkaPollerOptions {
  readonly mapping: EventSourceMapping & { readonly kafka: KafkaSettings };
  readonly invoker: LambdaInvoker;
  readonly clock: Clock;
  readonly functionArn: string;
  /** Joins the group. @throws what keeps the function's role from it */
  open(): Promise<KafkaConsumption>;
  /** Hands what was given up to the on-failure destination. */
  discard(destinationArn: string, body: Record<string, unknown>): Promise<void>;
  log(line: string): void;
}

const PAUSE_AFTER_ERROR_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** With an on-failure destination, endless retries are ten (developer guide, "Configuring error handling controls"). */
const RETRIES_BEFORE_DISCARD = 10;

/**
 * Feeds a function from a topic as Lambda's pollers do: offsets are committed only once a batch has been handled or given up, so that a
 * record is lost in no crash and may come twice.
 */
export function pollTopic(options: KafkaPollerOptions): Poller {
  const { mapping, invoker, clock, log, functionArn } = options;
  const { kafka } = mapping;
  const stopping = new AbortController();
  const retries =
    kafka.onFailureArn && kafka.maximumRetryAttempts < 0 ? RETRIES_BEFORE_DISCARD : kafka.maximumRetryAttempts;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const call = clock.schedule(ms, resolve);
      stopping.signal.addEventListener('abort', () => (call.cancel(), resolve()), { once: true });
    });
  }

  /** @returns the records that failed */
  async function invoke(records: readonly KafkaRecord[], bootstrapServers: string): Promise<readonly KafkaRecord[]> {
    const { eventSourceArn, functionName, reportBatchItemFailures } = mapping;
    const { payload, functionError } = await invoker.invoke(
      functionName,
      kafkaEvent({ eventSourceArn, bootstrapServers }, records),
    );
    if (functionError) {
      log(`${functionName} failed on ${records.length} records of ${kafka.topic}: ${payload}`);
      return records;
    }
    return reportBatchItemFailures ? (failedRecords(payload, records) ?? records) : [];
  }

  async function giveUp(
    records: readonly KafkaRecord[],
    reason: DiscardReason,
    invocations: number,
    bootstrapServers: string,
  ): Promise<void> {
    if (records.length === 0) return;
    log(`${mapping.functionName} gave up ${records.length} records of ${kafka.topic}: ${reason}`);
    if (!kafka.onFailureArn) return;
    const origin = { eventSourceArn: mapping.eventSourceArn, bootstrapServers };
    const body = discarded({ origin, records, reason, invocations, functionArn, now: clock.now() });
    await options.discard(kafka.onFailureArn, body);
  }

  const tooOld = ({ timestamp }: KafkaRecord): boolean =>
    kafka.maximumRecordAgeSeconds >= 0 && clock.now() - timestamp > kafka.maximumRecordAgeSeconds * 1_000;

  /** Until every record is handled or given up, or the poller stops: then `false`. */
  async function settle(batch: readonly KafkaRecord[], bootstrapServers: string): Promise<boolean> {
    let records = batch;
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      await giveUp(records.filter(tooOld), 'RecordAgeExceeded', attempt, bootstrapServers);
      records = records.filter((record) => !tooOld(record));
      if (records.length === 0) return true;
      const failed = await invoke(records, bootstrapServers);
      if (failed.length === 0) return true;
      if (retries >= 0 && attempt >= retries) {
        await giveUp(failed, 'RetryAttemptsExhausted', attempt + 1, bootstrapServers);
        return true;
      }
      if (kafka.bisectBatchOnFunctionError && failed.length === records.length && records.length > 1) {
        const middle = Math.ceil(records.length / 2);
        const first = await settle(records.slice(0, middle), bootstrapServers);
        return first && settle(records.slice(middle), bootstrapServers);
      }
      records = failed;
      await pause(Math.min(LONGEST_PAUSE_MS, PAUSE_AFTER_ERROR_MS * 2 ** Math.min(attempt, 16)));
    }
    return false;
  }

  async function consume(): Promise<void> {
    const consumption = await options.open();
    try {
      while (!stopping.signal.aborted) {
        const records = await consumption.receive(mapping.batchSize, mapping.maximumBatchingWindowMs, stopping.signal);
        if (records.length > 0 && (await settle(records, consumption.bootstrapServers))) {
          await consumption.commit(records);
        }
      }
    } finally {
      await consumption.close();
    }
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await consume();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log(`${mapping.functionName} could not be fed from ${kafka.topic}: ${(error as Error).message}`);
        await pause(PAUSE_AFTER_ERROR_MS);
      }
    }
  }

  const loop = poll();
  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
