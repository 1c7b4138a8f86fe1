import type { Identity } from '../load/job.ts';

/** What the twin's process is told to begin with. */
export interface StartTwin {
  readonly assembly: string;
  readonly stateFolder: string;
  readonly firstPort: number;
  /** Devices to register, each with a certificate of its own, under the backbone's own policy for vehicles. */
  readonly devices: number;
  /** Topic that the other side writes to. */
  readonly otherTopic: string;
}

export interface TwinReady {
  readonly event: 'ready';
  readonly mqttPort: number;
  readonly ca: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly devices: readonly Identity[];
  /** May publish broadcasts. */
  readonly publisher: Identity;
  readonly kafka: { readonly plaintext: string };
}

export type ToTwin = { readonly command: 'collect-garbage' } | ({ readonly command: 'start' } & StartTwin);

/** Of the broker alone. */
export interface PlainReady {
  readonly event: 'ready';
  readonly port: number;
}

export type FromTwin =
  TwinReady | { readonly event: 'collected' } | { readonly event: 'failed'; readonly reason: string };
