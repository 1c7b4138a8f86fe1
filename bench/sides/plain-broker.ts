/**
 * A child process that is the broker alone, over connections without TLS that anybody may open: what a connection costs
 * where TLS ends elsewhere.
 */
import { createServer, type AddressInfo } from 'node:net';

import { SystemClock } from '../../twin/clock.ts';
import { createBroker } from '../../twin/iot/broker/broker.ts';
import { openStore } from '../../twin/state/store.ts';
import { collectGarbage } from './heap.ts';
import type { PlainReady, ToTwin } from './twin-messages.ts';

const broker = createBroker({
  ...{ clock: new SystemClock(), store: openStore(':memory:'), quotas: 'off' },
  sink: { ingest: () => undefined },
  gatekeeper: { admit: async ({ clientId }) => ({ principal: clientId, authorize: () => true }) },
});
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  broker.accept(socket, { sourceIp: socket.remoteAddress ?? '', sourcePort: socket.remotePort ?? 0 });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
  const ready: PlainReady = { event: 'ready', port: (server.address() as AddressInfo).port };
  process.send!(ready);
});
process.on('message', ({ command }: ToTwin) => {
  if (command === 'collect-garbage') void collectGarbage().then(() => process.send!({ event: 'collected' }));
});
process.once('disconnect', () => process.exit());
