import type { Socket } from 'node:net';

import { SystemClock } from '../../twin/clock.ts';
import { createBroker } from '../../twin/iot/broker/broker.ts';
import { openStore } from '../../twin/state/store.ts';

/** The broker alone, over connections without TLS that anybody may open: what a connection costs where TLS ends elsewhere. */
export function openPlainBroker(): { accept(socket: Socket): void } {
  const broker = createBroker({
    clock: new SystemClock(),
    store: openStore(':memory:'),
    quotas: 'off',
    sink: { ingest: () => undefined },
    gatekeeper: {
      admit: async ({ clientId }) => ({ principal: clientId, authorize: () => true }),
    },
  });
  return {
    accept: (socket) => {
      socket.on('error', () => undefined);
      broker.accept(socket, { sourceIp: socket.remoteAddress ?? '', sourcePort: socket.remotePort ?? 0 });
    },
  };
}
