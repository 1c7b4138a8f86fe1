import type { Socket } from 'node:net';

import type { Clock } from '../../clock.ts';

/** Longest handshake, counted from the TCP connection, however many bytes trickle in. */
const HANDSHAKE_MS = 10_000;

/**
 * TLS handshakes under way. Node's own timeout starts anew with every byte, so a client could hold a half-open
 * connection for ever; this one does not. One timer serves all, since they fall due in the order in which they came.
 */
export class Handshakes {
  readonly #clock: Clock;
  readonly #pending = new Map<string, { readonly socket: Socket; readonly due: number }>();
  #armed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  began(socket: Socket): void {
    this.#pending.set(endpoint(socket), { socket, due: this.#clock.now() + HANDSHAKE_MS });
    if (!this.#armed) this.#arm(HANDSHAKE_MS);
  }

  /** Takes the TLS socket as well as the TCP one: both name the same peer. */
  ended(socket: Socket): void {
    this.#pending.delete(endpoint(socket));
  }

  #arm(delayMs: number): void {
    this.#armed = true;
    this.#clock.schedule(delayMs, () => {
      this.#armed = false;
      const now = this.#clock.now();
      for (const [key, { socket, due }] of this.#pending) {
        if (due > now) {
          this.#arm(due - now);
          return;
        }
        this.#pending.delete(key);
        socket.destroy();
      }
    });
  }
}

function endpoint(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
