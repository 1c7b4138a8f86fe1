/**
 * A child process that is the twin of the backbone's own templates, as `npm start` runs it: the same composition, the
 * same rule for telemetry, the same policy for vehicles. Only its devices are the bench's.
 */
import { SystemClock } from '../../twin/clock.ts';
import { CertificateAuthority } from '../../twin/iot/certificates/authority.ts';
import { startTwin, type Twin } from '../../twin/start.ts';
import type { Identity } from '../load/job.ts';
import { issueDeviceCertificate } from './device-certificates.ts';
import { collectGarbage } from './heap.ts';
import type { FromTwin, StartTwin, ToTwin } from './twin-messages.ts';

const VEHICLE_POLICY = 'iov-vehicle';
const PUBLISHER_POLICY = 'bench-publisher';
/** Whether and where vehicles hear broadcasts is the app's affair; here they all hear one topic. */
const BROADCAST_POLICY = 'bench-broadcast';

const tell = (message: FromTwin): void => void process.send!(message);

/** Registers a device as fleet provisioning would. */
async function register(
  twin: Twin,
  authority: CertificateAuthority,
  name: string,
  policies: readonly string[],
): Promise<Identity> {
  const { registry } = twin.iot;
  const issued = await issueDeviceCertificate(authority, name);
  const { certificateArn } = registry.certificates.register({ certificatePem: issued.certificate, status: 'ACTIVE' });
  registry.things.create({ thingName: name });
  registry.attachThingPrincipal(name, certificateArn);
  for (const policy of policies) registry.attachPolicy(policy, certificateArn);
  return { clientId: name, ...issued };
}

async function start(options: StartTwin): Promise<() => Promise<void>> {
  const names = ['mqtts', 'https', 'wss', 'aws', 'api', 'oauth', 'kafka', 'kafkaScram', 'kafkaController'] as const;
  const ports = Object.fromEntries(names.map((name, index) => [name, options.firstPort + index]));
  const twin = await startTwin({
    assembly: options.assembly,
    // Without the stack of consumers: its functions read the very records that are measured, in this process.
    select: ['dev-main/FrontDoor', 'dev-main/Downlink', 'dev-main/Ingest'],
    stateFolder: options.stateFolder,
    ports: ports as never,
    quotas: 'off',
  });
  const authority = await CertificateAuthority.open(options.stateFolder, new SystemClock());
  const server = await authority.serverCertificate();
  const allow = (name: string, actions: string[], resource: string): void => {
    const statement = { Effect: 'Allow', Action: actions, Resource: resource };
    twin.iot.registry.policies.create(name, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
  };
  allow(PUBLISHER_POLICY, ['iot:*'], '*');
  allow(BROADCAST_POLICY, ['iot:Subscribe', 'iot:Receive'], 'arn:aws:iot:*:*:topic*/bc/*');
  const devices: Identity[] = [];
  for (let number = 0; number < options.devices; number += 1)
    devices.push(await register(twin, authority, `bench-${number}`, [VEHICLE_POLICY, BROADCAST_POLICY]));
  const publisher = await register(twin, authority, 'bench-publisher', [PUBLISHER_POLICY]);
  const partitions = 6;
  await twin.kafka.createTopic(options.otherTopic, partitions);
  // Each connection would run the app's function for presence, in this very process: its memory and CPU are no broker's.
  twin.iot.rules.disableRule('presence');
  tell({
    event: 'ready',
    mqttPort: options.firstPort,
    ca: twin.certificateAuthority,
    serverCertificate: server.certificatePem,
    serverKey: server.privateKeyPem,
    devices,
    publisher,
    kafka: twin.kafka.bootstrapBrokers(),
  });
  return () => twin.stop();
}

let stop: (() => Promise<void>) | undefined;

process.on('message', (message: ToTwin) => {
  if (message.command === 'collect-garbage') {
    void collectGarbage().then(() => tell({ event: 'collected' }));
    return;
  }
  start(message).then(
    (stopTwin) => (stop = stopTwin),
    (error: unknown) => tell({ event: 'failed', reason: (error as Error).stack ?? String(error) }),
  );
});
const end = (): void => void Promise.resolve(stop?.()).finally(() => process.exit());
process.once('SIGTERM', end);
process.once('disconnect', end);
