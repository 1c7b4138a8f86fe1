/** Where and how a client connects. */
export interface Target {
  readonly port: number;
  /** PEM of the servers' CA; absent for plain TCP. */
  readonly ca?: string;
}

export interface Identity {
  readonly clientId: string;
  /** PEM; absent for plain TCP. */
  readonly certificate?: string;
  readonly privateKey?: string;
}

interface Devices {
  readonly target: Target;
  readonly devices: readonly Identity[];
}

/** Messages from devices, read back from Kafka. */
export interface UplinkJob extends Devices {
  readonly kind: 'uplink';
  /** `%c` is the client id. */
  readonly topic: string;
  readonly qos: 0 | 1;
  readonly payloadBytes: number;
  readonly messages: number;
  /** Sent and read back before the measurement begins, so that just-in-time compilation is not part of it. */
  readonly warmUpMessages: number;
  readonly pace:
    | { /** Messages that may be on their way at once, of all devices. */ readonly window: number }
    | { readonly perSecond: number };
  readonly kafka: { readonly bootstrap: string; readonly topic: string };
}

/** Connections that are opened and then do nothing until the job is ended. */
export interface IdleJob extends Devices {
  readonly kind: 'idle';
}

/** Connections one after another, so many at a time; each is closed once it has its CONNACK. */
export interface StormJob extends Devices {
  readonly kind: 'storm';
  readonly connections: number;
  readonly atOnce: number;
}

/** One publisher, the other devices subscribed. */
export interface BroadcastJob extends Devices {
  readonly kind: 'broadcast';
  readonly topic: string;
  readonly publisher: Identity;
  readonly messages: number;
  readonly payloadBytes: number;
  /** Messages that may be on their way at once. */
  readonly window: number;
}

export type Job = UplinkJob | IdleJob | StormJob | BroadcastJob;

export interface JobResult {
  /** From the first message or connection to the last one's arrival. */
  readonly seconds: number;
  /** Messages, connections or deliveries. */
  readonly count: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly latencyMs?: { readonly p50: number; readonly p99: number };
}

/** What the load's process tells. CPU is read at `started` and at `finished`. */
export type FromLoad =
  | { readonly event: 'started' }
  | { readonly event: 'finished'; readonly result: JobResult }
  | { readonly event: 'failed'; readonly reason: string };
