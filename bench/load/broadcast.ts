import { Arrivals, untilArrived } from './arrivals.ts';
import { connectAll, Device } from './device.ts';
import type { BroadcastJob, JobResult } from './job.ts';
import { blankPayload, preciseNow, writeNumber } from './numbered-payload.ts';
import { publishPacket } from './packets.ts';

/** Then what has not arrived is lost. */
const SILENCE_MS = 15_000;

/** One message to all subscribers, again and again; each delivery to each subscriber is counted. */
export async function runBroadcast(job: BroadcastJob, started: () => void): Promise<JobResult> {
  const subscribers = await connectAll(job.target, job.devices);
  const publisher = await Device.connect(job.target, job.publisher);
  const payload = blankPayload(job.payloadBytes);
  const template = publishPacket(job.topic, payload, 0, 0);
  const deliveries = job.messages * subscribers.length;
  let delivered = 0;
  const arrivals = subscribers.map(() => new Arrivals(job.messages));
  await Promise.all(
    subscribers.map(async (subscriber, index) => {
      subscriber.onPublish = (packet) => {
        delivered += 1;
        arrivals[index]!.take(packet.subarray(packet.length - job.payloadBytes));
      };
      await subscriber.subscribe(job.topic, 0);
    }),
  );
  started();
  const began = performance.now();
  const first = arrivals[0]!;
  for (let number = 0; number < job.messages;) {
    while (number < job.messages && number - Math.floor(delivered / subscribers.length) < job.window) {
      const packet = Buffer.from(template);
      writeNumber(packet, packet.length - job.payloadBytes, number++, preciseNow());
      publisher.socket.write(packet);
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (performance.now() - Math.max(began, first.lastAt) > SILENCE_MS) break;
  }
  await untilArrived(first, () => delivered >= deliveries);
  const seconds = (performance.now() - began) / 1000;
  const sum = (of: (each: Arrivals) => number): number => arrivals.reduce((total, each) => total + of(each), 0);
  const result = {
    ...{ seconds, count: deliveries },
    lost: sum(({ missing }) => missing),
    duplicates: sum(({ duplicates }) => duplicates),
    latencyMs: first.percentiles(),
  };
  for (const device of [...subscribers, publisher]) device.close();
  return result;
}
