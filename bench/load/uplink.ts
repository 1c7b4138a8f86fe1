import { Arrivals, untilArrived } from './arrivals.ts';
import { connectAll, type Device } from './device.ts';
import type { JobResult, UplinkJob } from './job.ts';
import { blankPayload, preciseNow, writeNumber } from './numbered-payload.ts';
import { publishPacket } from './packets.ts';
import { readTopic } from './topic-reader.ts';

/** What a client of MQTT 3.1.1 may have unacknowledged at IoT Core. */
const IN_FLIGHT = 100;

/** Publishes numbered messages in turn from one device; each is one write, so one TLS record, as a device sends it. */
class Publisher {
  readonly #device: Device;
  readonly #packet: Buffer;
  readonly #payloadAt: number;
  readonly #packetIdAt: number;
  #packetId = 0;
  unacknowledged = 0;

  constructor(device: Device, { topic, qos, payloadBytes }: UplinkJob) {
    this.#device = device;
    const payload = blankPayload(payloadBytes);
    this.#packet = publishPacket(topic.replace('%c', device.clientId), payload, qos, 1);
    this.#payloadAt = this.#packet.length - payloadBytes;
    this.#packetIdAt = qos === 1 ? this.#payloadAt - 2 : 0;
    device.onPuback = () => void (this.unacknowledged -= 1);
  }

  get mayPublish(): boolean {
    return this.unacknowledged < IN_FLIGHT && !this.#device.socket.writableNeedDrain;
  }

  publish(sequence: number): void {
    const packet = Buffer.from(this.#packet);
    writeNumber(packet, this.#payloadAt, sequence, preciseNow());
    if (this.#packetIdAt > 0) {
      this.#packetId = (this.#packetId % 65_535) + 1;
      packet.writeUInt16BE(this.#packetId, this.#packetIdAt);
      this.unacknowledged += 1;
    }
    this.#device.socket.write(packet);
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Devices to Kafka and back. */
export async function runUplink(job: UplinkJob, started: () => void): Promise<JobResult> {
  const total = job.warmUpMessages + job.messages;
  const arrivals = new Arrivals(total, job.warmUpMessages);
  const stopReading = await readTopic(job.kafka.bootstrap, job.kafka.topic, (payload) => arrivals.take(payload));
  const devices = await connectAll(job.target, job.devices);
  const publishers = devices.map((device) => new Publisher(device, job));
  // `mosquitto_sub` writes into its pipe in blocks of 4 KB, so the last messages come out when others follow.
  const push = (): void => publishers.forEach((publisher) => publisher.mayPublish && publisher.publish(total));
  const pending = (): number => publishers.reduce((sum, { unacknowledged }) => sum + unacknowledged, 0);

  const warmUpWindow = 'window' in job.pace ? job.pace.window : 500;
  await publishInWindow(publishers, arrivals, 0, job.warmUpMessages, warmUpWindow);
  await untilArrived(arrivals, () => arrivals.arrived >= job.warmUpMessages, push);

  started();
  const began = performance.now();
  if ('window' in job.pace) await publishInWindow(publishers, arrivals, job.warmUpMessages, total, job.pace.window);
  else await publishAtRate(publishers, job.warmUpMessages, total, job.pace.perSecond);
  await untilArrived(arrivals, () => arrivals.missing === 0, push);
  const { lastAt } = arrivals;
  await untilArrived(arrivals, () => pending() === 0);
  const result = {
    seconds: (lastAt - began) / 1000,
    count: job.messages,
    lost: arrivals.missing + pending(),
    duplicates: arrivals.duplicates,
    latencyMs: arrivals.percentiles(),
  };
  for (const device of devices) device.close();
  await stopReading();
  return result;
}

/** As fast as they come out at the other end, with a bounded number on their way. */
async function publishInWindow(
  publishers: readonly Publisher[],
  arrivals: Arrivals,
  from: number,
  to: number,
  window: number,
): Promise<void> {
  let next = from;
  let turn = 0;
  arrivals.lastAt = performance.now();
  while (next < to) {
    let tried = 0;
    while (next < to && next - arrivals.arrived < window && tried < publishers.length) {
      const publisher = publishers[turn++ % publishers.length]!;
      if (publisher.mayPublish) {
        publisher.publish(next++);
        tried = 0;
      } else tried += 1;
    }
    await nextTurn();
    if (performance.now() - arrivals.lastAt > 15_000) return;
  }
}

/** At a constant rate, whatever comes out: what a fleet does. */
async function publishAtRate(
  publishers: readonly Publisher[],
  from: number,
  to: number,
  perSecond: number,
): Promise<void> {
  const began = performance.now();
  let next = from;
  while (next < to) {
    const due = from + Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; next < Math.min(due, to); next += 1) publishers[next % publishers.length]!.publish(next);
    await pause(1);
  }
}
