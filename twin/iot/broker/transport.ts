import type { Socket } from 'node:net';

/** What carries MQTT's bytes: a TLS socket or a WebSocket. */
export interface Transport {
  readonly kind: 'tls' | 'websocket';
  /** Bytes accepted by `write` that the network has not taken yet. */
  readonly bufferedBytes: number;
  write(bytes: Buffer): void;
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  destroy(): void;
}

export class SocketTransport implements Transport {
  readonly kind = 'tls';
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
