import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

import mqttPacket, { type Packet } from 'mqtt-packet';

import { ManualClock } from '../../../twin/clock.ts';
import { createBroker, type Broker } from '../../../twin/iot/broker/broker.ts';
import type { BrokerLogEntry } from '../../../twin/iot/broker/ports.ts';
import { openStore, type Store } from '../../../twin/state/store.ts';
import { mutateBytes } from '../mutation.ts';
import type { Random } from '../random.ts';
import type { FuzzTarget } from '../target.ts';

/** Cases after which the broker starts anew: what they leave behind (sessions, retained messages) is theirs, not a leak. */
const CASES_PER_BROKER = 2000;

const TOPICS = [
  'dt/vehicle/V1/telemetry',
  'a',
  'a/b/c/d/e/f/g/h',
  '$aws/rules/r/x',
  '$aws/things/V1/shadow/get',
  '',
  'a/#',
];
const FILTERS = ['#', 'a/+', '$share/g/a/+', '$share/g', '+/+', 'a/#/b', '$aws/events/#', '', '$share//x', '$SYS/#'];
const CLIENTS = ['V1', 'V2', '', 'x'.repeat(200), '\ufffd'];

const TEXTS = { contentType: 'text/plain', responseTopic: 'a/b' };

/** A packet that a client may send, some of them with contents that it may not. */
function packet(random: Random, version: 4 | 5): Packet {
  const messageId = random.pick([1, 2, 77, 65_535]);
  const qos = random.pick([0, 1, 1, 2] as const);
  const v5 = version === 5;
  switch (random.integer(7)) {
    case 0:
      return {
        cmd: 'subscribe',
        messageId,
        subscriptions: Array.from({ length: 1 + random.integer(9) }, () => ({ topic: random.pick(FILTERS), qos })),
      } as Packet;
    case 1:
      return { cmd: 'unsubscribe', messageId, unsubscriptions: [random.pick(FILTERS)] };
    case 2:
      return { cmd: 'puback', messageId } as Packet;
    case 3:
      return { cmd: random.pick(['pingreq', 'disconnect', 'pingreq']) } as Packet;
    case 4:
      return { cmd: random.pick(['pubrec', 'pubrel', 'pubcomp']), messageId } as Packet;
    default:
      return {
        ...{
          cmd: 'publish',
          topic: random.pick(TOPICS),
          payload: Buffer.alloc(random.integer(200), 65),
          qos,
          messageId,
        },
        ...{ retain: random.oneIn(4), dup: false },
        ...(v5 &&
          random.oneIn(2) && { properties: { ...TEXTS, topicAlias: 1 + random.integer(9), messageExpiryInterval: 3 } }),
      } as Packet;
  }
}

function connect(random: Random, version: 4 | 5): Packet {
  const will = {
    topic: random.pick(TOPICS),
    payload: Buffer.from('gone'),
    qos: random.pick([0, 1] as const),
    retain: random.oneIn(2),
  };
  return {
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: version, clientId: random.pick(CLIENTS) },
    ...{ clean: random.oneIn(2), keepalive: random.pick([0, 30, 65_535]) },
    ...(random.oneIn(3) && { will }),
    ...(version === 5 &&
      random.oneIn(2) && { properties: { sessionExpiryInterval: 60, receiveMaximum: 1 + random.integer(3) } }),
  } as Packet;
}

/** Bytes of one packet; what cannot be encoded (an empty topic, say) becomes bytes that are no packet. */
function encode(packetToSend: Packet, version: 4 | 5): Buffer {
  try {
    return mqttPacket.generate(packetToSend, { protocolVersion: version });
  } catch {
    return Buffer.from([0x30, 3, 0, 0, 0]);
  }
}

/** The broker's end of a connection without a network. */
class Wire extends Duplex {
  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, callback: () => void): void {
    callback();
  }

  setNoDelay(): void {}

  destroySoon(): void {
    this.destroy();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class BrokerUnderTest {
  readonly clock = new ManualClock();
  readonly #store: Store = openStore(':memory:');
  readonly #failures: BrokerLogEntry[] = [];
  readonly broker: Broker;
  cases = 0;

  constructor() {
    this.broker = createBroker({
      ...{ clock: this.clock, store: this.#store, quotas: 'off' },
      sink: { ingest: ({ topic }) => (topic.includes('telemetry') ? Promise.resolve() : undefined) },
      gatekeeper: {
        admit: async ({ clientId }) => ({
          principal: clientId,
          authorize: (action, resource) => !(action === 'iot:Publish' && resource === 'a/b/c/d/e/f/g/h'),
        }),
      },
      log: { enabled: () => true, write: (entry) => void this.#note(entry) },
    });
  }

  #note(entry: BrokerLogEntry): void {
    if (entry.disconnectReason === 'SERVER_ERROR' || entry.reason === 'SERVER_ERROR') this.#failures.push(entry);
  }

  check(): void {
    const failure = this.#failures.pop();
    if (failure) throw new Error(`the broker failed: ${failure.details}`);
  }

  async close(): Promise<void> {
    await this.broker.close();
    this.#store.close();
  }
}

/** Bytes on connections of the broker: a CONNECT and what follows, whole, cut or wrong. */
export const mqttPackets: FuzzTarget = {
  name: 'mqtt-packets',
  share: 25,
  async open() {
    let under = new BrokerUnderTest();
    return {
      async run(random) {
        if (under.cases++ >= CASES_PER_BROKER) {
          await under.close();
          under = new BrokerUnderTest();
        }
        const version = random.pick([4, 5] as const);
        const parts = random.oneIn(20) ? [] : [encode(connect(random, version), version)];
        for (let more = random.integer(6); more > 0; more -= 1) parts.push(encode(packet(random, version), version));
        const first = parts[0] ?? Buffer.alloc(0);
        // A CONNECT that is always broken would leave everything behind it untried.
        const rest = parts.slice(1).map((part) => (random.oneIn(2) ? mutateBytes(random, part) : part));
        const bytes = Buffer.concat([random.oneIn(4) ? mutateBytes(random, first) : first, ...rest]);
        const wire = new Wire();
        wire.on('error', () => undefined);
        under.broker.accept(wire as unknown as Socket, { sourceIp: '127.0.0.1', sourcePort: 1 });
        for (let at = 0; at < bytes.length && !wire.destroyed;) {
          const length = random.oneIn(2) ? bytes.length : 1 + random.integer(20);
          wire.push(bytes.subarray(at, at + length));
          at += length;
        }
        await settle();
        await settle();
        if (random.oneIn(50)) await under.clock.advance(1000 * (1 + random.integer(60)));
        wire.destroy();
        await settle();
        under.check();
      },
      close: () => under.close(),
    };
  },
};
