import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';

import { ensureClaimCertificate } from '../../../cli/claim-certificate.ts';
import { ownerKey } from '../../../contracts/phones.ts';
import type { Identity } from '../../../fleet/identity.ts';
import { provisionByClaim } from '../../../fleet/provisioning.ts';
import { backboneApp } from '../../../lib/backbone-app.ts';
import { bundleLambdas } from '../../../lib/bundling/bundle-lambdas.ts';
import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';
import { startTwin, type Twin } from '../../../twin/start.ts';
import { freePorts } from '../backbone/running-backbone.ts';
import { AUDIENCE, startIdentityProvider, type IdentityProvider } from './identity-provider.ts';
import { MovableClock } from './movable-clock.ts';

type Ports = Awaited<ReturnType<typeof freePorts>>;

/** The dev environment with an identity provider of its own, in a twin whose time can be moved. */
export class PhoneBackbone {
  readonly clock = new MovableClock();
  readonly folder: string;
  readonly ports: Ports;
  readonly provider: IdentityProvider;
  twin!: Twin;
  #dynamo!: DynamoDBDocumentClient;

  private constructor(folder: string, ports: Ports, provider: IdentityProvider) {
    this.folder = folder;
    this.ports = ports;
    this.provider = provider;
  }

  static async start(): Promise<PhoneBackbone> {
    const folder = mkdtempSync(join(tmpdir(), 'iov-phones-'));
    const backbone = new PhoneBackbone(folder, await freePorts(), await startIdentityProvider());
    await backbone.#start();
    return backbone;
  }

  async #start(): Promise<void> {
    this.twin = await startTwin({
      assembly: this.#synthesize(),
      select: ['dev-main'],
      stateFolder: join(this.folder, 'state'),
      ports: this.ports,
      quotas: 'off',
      strict: true,
      clock: this.clock,
    });
    const client = new DynamoDBClient({
      endpoint: this.awsUrl,
      region: this.twin.account.region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    this.#dynamo = DynamoDBDocumentClient.from(client);
  }

  async #synthesize(): Promise<string> {
    const outdir = join(this.folder, 'cdk.out');
    const phones = { issuer: this.provider.issuer, audience: AUDIENCE };
    const environments = ENVIRONMENTS.map((each) => (each.name === 'dev' ? { ...each, phones } : each));
    backboneApp(environments, await bundleLambdas(), 'dev', { outdir }).synth();
    return outdir;
  }

  get awsUrl(): string {
    return `http://127.0.0.1:${this.ports.aws}`;
  }

  get ca(): string {
    return this.twin.certificateAuthority;
  }

  output(name: string): string {
    for (const { outputs } of this.twin.deployment.stacks) if (outputs[name] !== undefined) return outputs[name];
    throw new Error(`no stack has an output ${name}`);
  }

  /** Writes into the ownership table what a carmaker's system would. */
  async own(subject: string, thing: string): Promise<void> {
    await this.#dynamo.send(
      new PutCommand({ TableName: this.output('OwnersTableName'), Item: this.#item(subject, thing) }),
    );
  }

  async disown(subject: string, thing: string): Promise<void> {
    await this.#dynamo.send(
      new DeleteCommand({ TableName: this.output('OwnersTableName'), Key: this.#item(subject, thing) }),
    );
  }

  #item(subject: string, thing: string): { owner: string; thing: string } {
    return { owner: ownerKey(this.provider.issuer, subject), thing };
  }

  /** A vehicle with a certificate of its own. */
  async vehicle(thing: string): Promise<Identity> {
    const claim = await ensureClaimCertificate({
      awsUrl: this.awsUrl,
      region: this.twin.account.region,
      folder: this.folder,
      deviceClass: 'vehicle',
      template: this.output('ProvisioningTemplateName'),
      policy: this.output('ClaimPolicyName'),
    });
    return provisionByClaim(
      { url: `mqtts://localhost:${this.ports.mqtts}`, ca: this.ca },
      {
        template: claim.template,
        certificatePem: readFileSync(claim.certificate, 'utf8'),
        privateKeyPem: readFileSync(claim.privateKey, 'utf8'),
      },
      { ThingName: thing, SerialNumber: `TCU-${thing}` },
    );
  }

  async stop(): Promise<void> {
    this.#dynamo.destroy();
    await this.twin.stop();
    this.provider.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
