import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Command, InvalidArgumentError, Option } from 'commander';

import { Fleet } from '../fleet/fleet.ts';
import { renderClassification } from '../twin/cloudformation/classification.ts';
import type { Deployment } from '../twin/cloudformation/deploy.ts';
import { LogFile } from '../twin/log-file.ts';
import { startTwin, type Twin } from '../twin/start.ts';
import { ensureClaimCertificate, type ClaimFiles } from './claim-certificate.ts';
import { endpointsOf, writeEndpoints, type Endpoints } from './endpoints-file.ts';
import { freshAssembly } from './fresh-assembly.ts';
import { describe, LiveLine, type Snapshot } from './live-line.ts';
import { expectFree, portsFrom, USUAL_PORTS, type Ports } from './ports.ts';
import { stageName } from '../lib/stage-name.ts';
import { ENVIRONMENTS } from '../lib/environments/environments.ts';
import { lockStateFolder, setAside } from './state-folder.ts';
import { stopper } from './stopper.ts';
import { ENVIRONMENT_NAMES, environmentName } from './synth.ts';

interface StartOptions {
  readonly vehicles: number;
  readonly environment: string;
  readonly kafka?: string;
  readonly portsFrom?: number;
  readonly state: string;
  readonly fresh: boolean;
  readonly strict: boolean;
  readonly quotas: 'aws' | 'off';
  readonly verbose: boolean;
}

function wholeNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${lowest} to ${highest}.`);
  };
}

function hostAndPort(text: string): string {
  if (/^[\w.-]+:\d{1,5}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be host:port, e.g. 127.0.0.1:9092.');
}

/** `iov start`, which `npm start` runs: the twin of one environment with simulated vehicles. */
export function startCommand(): Command {
  return new Command('start')
    .description('run an environment on this machine: the twin of its templates, a real Kafka and simulated vehicles')
    .option('--vehicles <count>', 'simulated vehicles', wholeNumber(0, 10_000), 20)
    .option(
      '--environment <name>',
      `one of ${ENVIRONMENT_NAMES.join(', ')}; the first of its cells runs`,
      environmentName,
      'dev',
    )
    .option(
      '--kafka <host:port>',
      "use this Kafka broker (a plaintext listener) in place of the twin's own",
      hostAndPort,
    )
    .option(
      '--ports-from <port>',
      'take consecutive ports from this one on, in place of the usual ones',
      wholeNumber(1_024, 65_500),
    )
    .option('--state <folder>', 'where everything durable lies', '.iov')
    .option('--fresh', 'begin with an empty state; the one before is kept beside it', false)
    .option('--strict', 'refuse to start when a resource type is not executed by the twin', false)
    .addOption(
      new Option('--quotas <mode>', "enforce AWS's quotas on connections and messages")
        .choices(['aws', 'off'])
        .default('off'),
    )
    .option('--verbose', 'show each resource as it is made', false)
    .action((options: StartOptions) => start(options));
}

async function start(options: StartOptions): Promise<void> {
  const began = performance.now();
  const stateFolder = resolve(options.state);
  const unlock = lockStateFolder(stateFolder);
  const closers: (() => Promise<unknown> | unknown)[] = [unlock];
  const stop = stopper(closers, say);
  try {
    const aside = options.fresh ? setAside(stateFolder) : undefined;
    if (aside) say(`The earlier state is in ${aside}.`);
    const ports = options.portsFrom === undefined ? USUAL_PORTS : portsFrom(options.portsFrom);
    await expectFree(
      options.kafka === undefined
        ? ports
        : { ...ports, kafka: undefined, kafkaScram: undefined, kafkaController: undefined },
    );
    const twin = await startTwin({
      assembly: freshAssembly(join(stateFolder, 'cdk.out'), options.environment, say),
      select: [firstCellOf(options.environment)],
      stateFolder,
      ports,
      kafka: options.kafka,
      quotas: options.quotas,
      strict: options.strict,
      progress: say,
      onClassified: (table) => say(renderClassification(table)),
      onResource: ({ action, type, logicalId, stackName, done, total }) => {
        if (options.verbose) say(`  ${stackName} ${logicalId} (${type}): ${action}`);
        else if (done !== undefined && done === total) say(`  ${stackName}: ${total} resources`);
      },
    });
    closers.push(() => twin.stop());
    const endpoints = await describeEndpoints(twin, stateFolder, ports);
    const fleet = await startFleet(options.vehicles, endpoints, twin, stateFolder);
    closers.push(() => fleet.stop());
    closers.push(writeEndpoints(stateFolder, endpoints));
    say(welcome(endpoints, (performance.now() - began) / 1_000, options));
    closers.push(showLiveLine(twin, fleet));
  } catch (error) {
    await stop();
    throw error;
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
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
  const vehicle = await ensureClaimCertificate({
    awsUrl: `http://127.0.0.1:${ports.aws}`,
    region: twin.account.region,
    folder: stateFolder,
    deviceClass: 'vehicle',
    template: output(deployment, 'ProvisioningTemplateName'),
    policy: output(deployment, 'ClaimPolicyName'),
  });
  const client = cloud.userPools.client(output(deployment, 'UserPoolClientId'));
  if (!client?.secret) throw new Error('The user pool client of the app has no secret; client credentials need one.');
  return endpointsOf({
    ports,
    stateFolder,
    kafka: twin.kafka.bootstrapBrokers().plaintext,
    claim: { vehicle },
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
