import { setTimeout as delay } from 'node:timers/promises';

/** Between two attempts; a refused connection on loopback costs less than a millisecond. */
const RETRY_MS = 25;

/**
 * Resolves when the broker answers a Metadata request with itself in the answer: then it is registered with the
 * controller, and its listeners serve clients. An open port alone says less.
 *
 * @throws the signal's reason when it aborts first
 */
export async function untilBrokerAnswers(host: string, port: number, signal: AbortSignal): Promise<void> {
  // Loading the client takes about as long as a JVM takes to reach `main`, so it happens meanwhile.
  const { Connection, metadataV12 } = await import('@platformatic/kafka');
  for (;;) {
    signal.throwIfAborted();
    const connection = new Connection('iov-readiness', { connectTimeout: 1000, requestTimeout: 2000 });
    // A refused connection is both rejected and emitted; an emitted one without a listener would end the process.
    connection.on('error', () => undefined);
    try {
      await connection.connect(host, port);
      const metadata = await metadataV12.api.async(connection, [], false);
      if (metadata.brokers.length > 0 && metadata.controllerId >= 0) return;
    } catch {
      // Not yet.
    } finally {
      await connection.close();
    }
    await delay(RETRY_MS, undefined, { signal });
  }
}
