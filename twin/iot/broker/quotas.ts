import type { Clock } from '../../clock.ts';

/**
 * IoT Core's message broker limits (General Reference, "AWS IoT Core endpoints and quotas"), default Regions. All of
 * them are switched together.
 */
export interface Quotas {
  readonly topicBytes: number;
  readonly topicSlashes: number;
  readonly payloadBytes: number;
  readonly packetBytes: number;
  readonly userPropertyBytes: number;
  readonly correlationDataBytes: number;
  readonly contentTypeBytes: number;
  readonly clientIdBytes: number;
  readonly subscriptionsPerConnection: number;
  readonly subscriptionsPerSubscribe: number;
  readonly subscriptionsPerAccount: number;
  readonly shareGroups: number;
  readonly shareGroupMembers: number;
  readonly shareGroupQueue: number;
  readonly retainedMessages: number;
  readonly connections: number;
  /** Rates are per second. */
  readonly connectRate: number;
  readonly connectRatePerClientId: number;
  readonly inboundRate: number;
  readonly outboundRate: number;
  readonly subscribeRate: number;
  readonly queueRate: number;
  readonly retainedRate: number;
  readonly retainedRatePerTopic: number;
  readonly directMessageRate: number;
  readonly publishRatePerConnection: number;
  readonly bytesRatePerConnection: number;
}

const AWS_QUOTAS: Quotas = {
  topicBytes: 256,
  topicSlashes: 7,
  payloadBytes: 128 * 1024,
  packetBytes: 146 * 1024,
  userPropertyBytes: 8 * 1024,
  correlationDataBytes: 8 * 1024,
  contentTypeBytes: 256,
  clientIdBytes: 128,
  subscriptionsPerConnection: 50,
  subscriptionsPerSubscribe: 8,
  subscriptionsPerAccount: 500_000,
  shareGroups: 100,
  shareGroupMembers: 100,
  shareGroupQueue: 500_000,
  retainedMessages: 500_000,
  connections: 500_000,
  connectRate: 3000,
  connectRatePerClientId: 1,
  inboundRate: 20_000,
  outboundRate: 20_000,
  subscribeRate: 3000,
  queueRate: 500,
  retainedRate: 500,
  retainedRatePerTopic: 1,
  directMessageRate: 20_000,
  publishRatePerConnection: 100,
  bytesRatePerConnection: 512 * 1024,
};

/** What MQTT itself can carry is the only limit left; packets stay bounded so that one client cannot fill the memory. */
const NO_QUOTAS: Quotas = {
  ...(Object.fromEntries(Object.keys(AWS_QUOTAS).map((name) => [name, Infinity])) as unknown as Quotas),
  topicBytes: 65_535,
  clientIdBytes: 65_535,
  packetBytes: 16 * 1024 * 1024,
};

/** Sizes, shapes and counts as AWS has them, so that what is too large on AWS is too large here; rates without limit. */
const SIZES_ONLY: Quotas = {
  ...AWS_QUOTAS,
  ...(Object.fromEntries(
    Object.keys(AWS_QUOTAS)
      .filter((name) => /rate/i.test(name))
      .map((name) => [name, Infinity]),
  ) as Partial<Quotas>),
};

/** `aws`: all of them. `sizes`: all but rates, which a load test on one machine would meet. `off`: none. */
export const QUOTA_MODES = ['aws', 'sizes', 'off'] as const;

export type QuotaMode = (typeof QUOTA_MODES)[number];

const QUOTAS: Readonly<Record<QuotaMode, Quotas>> = { aws: AWS_QUOTAS, sizes: SIZES_ONLY, off: NO_QUOTAS };

export function quotasFor(mode: QuotaMode): Quotas {
  return QUOTAS[mode];
}

/** A rate as AWS throttles: a bucket that refills at `rate` a second and holds `burst`. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(rate: number, now: number, burst = rate) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = now;
  }

  /** Takes `count` tokens, or none when fewer are there. */
  take(now: number, count = 1): boolean {
    if (this.#rate === Infinity) return true;
    this.#refill(now);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Takes `count` tokens at once, going into debt; @returns milliseconds until the debt is paid */
  borrow(now: number, count: number): number {
    if (this.#rate === Infinity) return 0;
    this.#refill(now);
    this.#tokens -= count;
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens / this.#rate) * 1000);
  }

  get isFull(): boolean {
    return this.#tokens >= this.#burst;
  }

  #refill(now: number): void {
    if (now <= this.#filledAt) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#rate);
    this.#filledAt = now;
  }
}

/** AWS documents no burst for the rate of 1 CONNECT a second and client id; claim-then-reconnect flows do pass. */
const CONNECT_BURST_PER_CLIENT_ID = 10;

/** The rates of the whole account, and those per client id and per retained topic. */
export class AccountRates {
  readonly connect: TokenBucket;
  readonly inbound: TokenBucket;
  readonly outbound: TokenBucket;
  readonly subscribe: TokenBucket;
  readonly queue: TokenBucket;
  readonly retained: TokenBucket;
  readonly directMessage: TokenBucket;
  readonly #quotas: Quotas;
  readonly #clock: Clock;
  readonly #connects = new Map<string, TokenBucket>();
  readonly #retainedTopics = new Map<string, TokenBucket>();

  constructor(quotas: Quotas, clock: Clock) {
    const now = clock.now();
    this.#quotas = quotas;
    this.#clock = clock;
    this.connect = new TokenBucket(quotas.connectRate, now);
    this.inbound = new TokenBucket(quotas.inboundRate, now);
    this.outbound = new TokenBucket(quotas.outboundRate, now);
    this.subscribe = new TokenBucket(quotas.subscribeRate, now);
    this.queue = new TokenBucket(quotas.queueRate, now);
    this.retained = new TokenBucket(quotas.retainedRate, now);
    this.directMessage = new TokenBucket(quotas.directMessageRate, now);
  }

  connectOf(clientId: string): boolean {
    return this.#keyed(this.#connects, clientId, this.#quotas.connectRatePerClientId, CONNECT_BURST_PER_CLIENT_ID);
  }

  retainedOn(topic: string): boolean {
    return this.#keyed(this.#retainedTopics, topic, this.#quotas.retainedRatePerTopic, 1);
  }

  #keyed(buckets: Map<string, TokenBucket>, key: string, rate: number, burst: number): boolean {
    if (rate === Infinity) return true;
    let bucket = buckets.get(key);
    if (!bucket) buckets.set(key, (bucket = new TokenBucket(rate, this.#clock.now(), burst)));
    return bucket.take(this.#clock.now());
  }

  /** Forgets buckets that time has filled, so that names of the past hold no memory. */
  sweep(): void {
    for (const buckets of [this.#connects, this.#retainedTopics]) {
      for (const [key, bucket] of buckets) {
        if (bucket.take(this.#clock.now(), 0) && bucket.isFull) buckets.delete(key);
      }
    }
  }
}
