import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';

import { Fleet } from '../fleet/fleet.ts';
import { ENVIRONMENTS } from '../lib/environments/environments.ts';
import { stageName } from '../lib/stage-name.ts';
import type { Deployment } from '../twin/cloudformation/deploy.ts';
import { LogFile } from '../twin/log-file.ts';
import type { Twin } from '../twin/start.ts';
import { ensureClaimCertificate, type ClaimFiles } from './claim-certificate.ts';
import { endpointsOf, writeEndpoints, type Endpoints } from './endpoints-file.ts';
import { freshAssembly } from './fresh-assembly.ts';
import { describe, LiveLine, type Snapshot } from './live-line.ts';
import type { Ports } from './ports.ts';
import { runTwin, say } from './run-twin.ts';
import { ENVIRONMENT_NAMES, environmentName } from './synth.ts';
import { addTwinOptions, wholeNumber, type TwinCommandOptions } from './twin-options.ts';

interface StartOptions extends TwinCommandOptions {
  readonly vehicles: number;
  readonly environment: string;
}

/** `iov start`, which `npm start` runs: the twin of one environment with simulated vehicles. */
export function startCommand(): Command {
  const command = new Command('start')
    .description('run an environment on this machine: the twin of its templates, a real Kafka and simulated vehicles')
    .option('--vehicles <count>', 'simulated vehicles', wholeNumber(0, 10_000), 20)
    .option(
      '--environment <name>',
      `one of ${ENVIRONMENT_NAMES.join(', ')}; the first of its cells runs`,
      environmentName,
      'dev',
    );
  return addTwinOptions(command).action((options: StartOptions) => start(options));
}

async function start(options: StartOptions): Promise<void> {
  const began = performance.now();
  await runTwin(
    options,
    {
      assembly: (stateFolder) => freshAssembly(join(stateFolder, 'cdk.out'), options.environment, say),
      select: [firstCellOf(options.environment)],
    },
    async ({ twin, ports, stateFolder, onStop }) => {
      const endpoints = await describeEndpoints(twin, stateFolder, ports);
      const fleet = await startFleet(options.vehicles, endpoints, twin, stateFolder);
      onStop(() => fleet.stop());
      onStop(writeEndpoints(stateFolder, endpoints));
      say(welcome(endpoints, (performance.now() - began) / 1_000, options));
      onStop(showLiveLine(twin, fleet));
    },
  );
}

function firstCellOf(name: string): string {
  const environment = ENVIRONMENTS.find((candidate) => candidate.name === name)!;
  return stageName(name, environment.cells[0]!.name);
}

/** An output of any stack. */
function output(deployment: Deployment, name: string): string {
  for (const { outputs } of deployment.stacks) if (outputs[name] !== undefined) return outputs[name];
  throw new Error(`No stack has an output ${name}; the app in lib/ must export it for \`npm start\`.`);
}

async function describeEndpoints(twin: Twin, stateFolder: string, ports: Ports): Promise<Endpoints> {
  const { deployment, cloud } = twin;
  const claim = (deviceClass: string, outputPrefix: string): Promise<ClaimFiles> =>
    ensureClaimCertificate({
      awsUrl: `http://127.0.0.1:${ports.aws}`,
      region: twin.account.region,
      folder: stateFolder,
      deviceClass,
      template: output(deployment, `${outputPrefix}ProvisioningTemplateName`),
      policy: output(deployment, `${outputPrefix}ClaimPolicyName`),
    });
  const [vehicle, rsu] = await Promise.all([claim('vehicle', ''), claim('rsu', 'Rsu')]);
  const client = cloud.userPools.client(output(deployment, 'UserPoolClientId'));
  if (!client?.secret) throw new Error('The user pool client of the app has no secret; client credentials need one.');
  return endpointsOf({
    ports,
    stateFolder,
    kafka: twin.kafka.bootstrapBrokers().plaintext,
    claim: { vehicle, rsu },
    client: { clientId: client.clientId, clientSecret: client.secret },
  });
}

async function startFleet(vehicles: number, endpoints: Endpoints, twin: Twin, stateFolder: string): Promise<Fleet> {
  const claim: ClaimFiles = endpoints.claim['vehicle']!;
  const troubles = new LogFile(join(stateFolder, 'logs', 'fleet.jsonl'));
  const fleet = new Fleet({
    vehicles,
    frontDoor: { url: endpoints.mqtts, ca: twin.certificateAuthority },
    claim: {
      template: claim.template,
      certificatePem: readFileSync(claim.certificate, 'utf8'),
      privateKeyPem: readFileSync(claim.privateKey, 'utf8'),
    },
    storageRoot: join(stateFolder, 'fleet'),
    onTrouble: (thing, what) => troubles.record(Date.now(), { thing, what }),
  });
  if (vehicles === 0) return fleet;
  const line = new LiveLine(process.stdout);
  say(`Starting ${vehicles} vehicles …`);
  await fleet.start(({ connected, provisioned }) =>
    line.show(`  ${connected} of ${vehicles} connected, ${provisioned} newly provisioned`),
  );
  line.clear();
  return fleet;
}

function welcome(endpoints: Endpoints, seconds: number, { vehicles, state }: StartOptions): string {
  return [
    '',
    `Ready in ${seconds.toFixed(1)} s.`,
    `  MQTT      ${endpoints.mqtts}   (CA ${endpoints.ca})`,
    `  AWS       ${endpoints.aws}   (any access key: aws --endpoint-url ${endpoints.aws} iot list-things)`,
    `  API       ${endpoints.api}   (token ${endpoints.oauth.tokenUrl})`,
    `  Kafka     ${endpoints.kafka}`,
    `  Vehicles  ${vehicles}`,
    `  Details   ${join(state, 'endpoints.json')}, logs in ${join(state, 'logs')}`,
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

/** @returns what ends it */
function showLiveLine(twin: Twin, fleet: Fleet): () => void {
  const line = new LiveLine(process.stdout);
  const snapshot = async (): Promise<Snapshot & { at: number }> => {
    const { connected, messagesIn } = twin.iot.broker.counters();
    // While Kafka is away the line goes on with what it knew.
    const counts = await twin.kafka.recordCounts().catch(() => undefined);
    const kafkaRecords = counts
      ? [...counts.values()].reduce((sum, count) => sum + count, 0)
      : (before?.kafkaRecords ?? 0);
    const commands = Object.values(fleet.counts().commands).reduce((sum, count) => sum + count, 0);
    return { connected, messagesIn, kafkaRecords, commands, at: performance.now() };
  };
  let before: (Snapshot & { at: number }) | undefined;
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void snapshot().then((now) => {
      if (before) line.show(describe(now, before, now.at - before.at));
      before = now;
      busy = false;
    });
  }, 1_000);
  return () => {
    clearInterval(timer);
    line.clear();
  };
}
