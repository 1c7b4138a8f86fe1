import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

import { remember } from '../child-process.ts';
import { residentBytes } from '../process-usage.ts';
import type { Side } from './side.ts';
import type { TwinReady } from './twin-messages.ts';

export interface MosquittoOptions {
  readonly folder: string;
  readonly port: number;
  readonly plainPort: number;
  readonly topic: string;
  /** Whose certificates, keys and Kafka are used here too. */
  readonly twin: TwinReady;
}

const PLACES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

function find(program: string): string | undefined {
  return PLACES.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

/** The programs that this side needs and this machine lacks. */
export function missingPrograms(): string[] {
  return ['mosquitto', 'mosquitto_sub', 'kcat'].filter((program) => !find(program));
}

/** Certificates ask for as much work as IoT Core's: a client certificate, an access list by client id, no limits on queues. */
function configuration({ folder, port, plainPort }: MosquittoOptions): string {
  return [
    'per_listener_settings true',
    // Started by root it would become another user, who may not read these files.
    `user ${userInfo().username}`,
    'persistence false',
    'log_dest none',
    'max_queued_messages 0',
    'max_inflight_messages 0',
    'queue_qos0_messages true',
    `listener ${port} 127.0.0.1`,
    `cafile ${join(folder, 'ca.pem')}`,
    `certfile ${join(folder, 'server.pem')}`,
    `keyfile ${join(folder, 'server.key')}`,
    'require_certificate true',
    'use_identity_as_username true',
    `acl_file ${join(folder, 'acl')}`,
    `listener ${plainPort} 127.0.0.1`,
    'allow_anonymous true',
    '',
  ].join('\n');
}

const ACCESS_LIST =
  'pattern write dt/vehicle/%c/telemetry\npattern read bc/#\nuser bench-publisher\ntopic write bc/#\n';

/** Kafka's plaintext listener, though the twin's rule logs in over TLS: what that costs is left out in this side's favour. */
function kafkaArguments({ topic, twin }: MosquittoOptions): string[] {
  return ['-P', '-b', twin.kafka.plaintext, '-t', topic, '-K', '\t', '-X', 'acks=all'];
}

/** mosquitto, and `mosquitto_sub | kcat -P` from it into the same Kafka. */
export async function startMosquittoSide(options: MosquittoOptions): Promise<Side> {
  const { folder, port, plainPort, twin, topic } = options;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'mosquitto.conf'), configuration(options));
  writeFileSync(join(folder, 'acl'), ACCESS_LIST);
  writeFileSync(join(folder, 'ca.pem'), twin.ca);
  writeFileSync(join(folder, 'server.pem'), twin.serverCertificate);
  writeFileSync(join(folder, 'server.key'), twin.serverKey, { mode: 0o600 });
  const quiet = ['ignore', 'ignore', 'inherit'] as const;
  const broker = remember(spawn(find('mosquitto')!, ['-c', join(folder, 'mosquitto.conf')], { stdio: [...quiet] }));
  await untilListening(plainPort);
  const kcat = remember(spawn(find('kcat')!, kafkaArguments(options), { stdio: ['pipe', 'ignore', 'inherit'] }));
  // A pipe between the two, not by way of this process, whose CPU would be part of the path.
  const subscriber = remember(
    spawn(
      find('mosquitto_sub')!,
      ['-h', '127.0.0.1', '-p', String(plainPort), '-q', '1', '-t', 'dt/+/+/telemetry', '-F', '%t\t%p'],
      { stdio: ['ignore', kcat.stdin as never, 'inherit'] },
    ),
  );
  kcat.stdin.destroy();
  return {
    name: 'mosquitto',
    tls: { port, ca: twin.ca },
    plain: { port: plainPort },
    devices: twin.devices,
    publisher: twin.publisher,
    brokerPid: broker.pid!,
    uplinkPids: [broker.pid!, subscriber.pid!, kcat.pid!],
    uplinkTopic: 'dt/vehicle/%c/telemetry',
    kafka: { bootstrap: twin.kafka.plaintext, topic },
    memoryInUse: async () => residentBytes(broker.pid!),
  };
}

async function untilListening(port: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const listening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (listening) return;
    if (Date.now() > deadline) throw new Error(`mosquitto does not listen on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
