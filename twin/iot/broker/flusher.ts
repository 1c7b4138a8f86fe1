import type { Connection } from './connection.ts';

/** Writes what all connections have collected during one turn of the event loop: one write, one TLS record a connection. */
export class Flusher {
  #dirty: Connection[] = [];
  #scheduled = false;

  schedule(connection: Connection): void {
    this.#dirty.push(connection);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const each of dirty) each.flush();
    });
  }
}
