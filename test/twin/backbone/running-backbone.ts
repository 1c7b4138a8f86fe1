import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ensureClaimCertificate } from '../../../cli/claim-certificate.ts';
import { portsFrom, USUAL_PORTS, type Ports } from '../../../cli/ports.ts';
import { synthesize } from '../../../cli/synth.ts';
import { Fleet } from '../../../fleet/fleet.ts';
import { startTwin, type Twin } from '../../../twin/start.ts';
import { freePortRange } from '../../free-ports.ts';

/** Ports for a twin of one's own. */
export async function freePorts(): Promise<Ports> {
  return portsFrom(await freePortRange(Object.keys(USUAL_PORTS).length));
}

export interface Claim {
  readonly template: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** The dev environment of this project, synthesized and running with a Kafka of its own. */
export class RunningBackbone {
  readonly folder: string;
  readonly ports: Ports;
  twin: Twin;
  #fleet: Fleet | undefined;

  private constructor(folder: string, ports: Ports, twin: Twin) {
    this.folder = folder;
    this.ports = ports;
    this.twin = twin;
  }

  static async start(): Promise<RunningBackbone> {
    const folder = mkdtempSync(join(tmpdir(), 'iov-backbone-'));
    const ports = await freePorts();
    const assembly = join(folder, 'cdk.out');
    const twin = await startTwin({
      assembly: synthesize(assembly, 'dev').then(() => assembly),
      select: ['dev-main'],
      stateFolder: join(folder, 'state'),
      ports,
      quotas: 'off',
      strict: true,
    });
    return new RunningBackbone(folder, ports, twin);
  }

  /** Stops the twin and starts it again on the same state. */
  async restart(): Promise<void> {
    await this.twin.stop();
    this.twin = await startTwin({
      assembly: join(this.folder, 'cdk.out'),
      select: ['dev-main'],
      stateFolder: join(this.folder, 'state'),
      ports: this.ports,
      quotas: 'off',
    });
  }

  output(name: string): string {
    for (const { outputs } of this.twin.deployment.stacks) if (outputs[name] !== undefined) return outputs[name];
    throw new Error(`no stack has an output ${name}`);
  }

  get frontDoor() {
    return { url: `mqtts://localhost:${this.ports.mqtts}`, ca: this.twin.certificateAuthority };
  }

  get awsUrl(): string {
    return `http://127.0.0.1:${this.ports.aws}`;
  }

  /** The claim certificate of a class of devices. */
  async claim(deviceClass: 'vehicle' | 'rsu' = 'vehicle'): Promise<Claim> {
    const prefix = deviceClass === 'rsu' ? 'Rsu' : '';
    const { template, certificate, privateKey } = await ensureClaimCertificate({
      awsUrl: this.awsUrl,
      region: this.twin.account.region,
      folder: this.folder,
      deviceClass,
      template: this.output(`${prefix}ProvisioningTemplateName`),
      policy: this.output(`${prefix}ClaimPolicyName`),
    });
    return {
      template,
      certificatePem: readFileSync(certificate, 'utf8'),
      privateKeyPem: readFileSync(privateKey, 'utf8'),
    };
  }

  /** A fleet that is connected; stopped with the backbone. */
  async fleet(vehicles: number): Promise<Fleet> {
    this.#fleet = new Fleet({
      vehicles,
      frontDoor: this.frontDoor,
      claim: await this.claim(),
      storageRoot: join(this.folder, 'fleet'),
      sampleEveryMs: 100,
      reportEveryMs: 300,
      onTrouble: (thing, what) => process.stderr.write(`${thing}: ${what}\n`),
    });
    await this.#fleet.start();
    return this.#fleet;
  }

  async token(scope?: string): Promise<string> {
    const client = this.twin.cloud.userPools.client(this.output('UserPoolClientId'))!;
    const response = await fetch(`http://127.0.0.1:${this.ports.oauth}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client.clientId,
        client_secret: client.secret!,
        ...(scope && { scope }),
      }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  async api(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const response = await fetch(`http://127.0.0.1:${this.ports.api}${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.token()}`, 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async stop(): Promise<void> {
    await this.#fleet?.stop();
    await this.twin.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits until a question has an answer. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  limitMs = 30_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
