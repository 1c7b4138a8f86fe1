import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What makes a device itself: the certificate that it got when it was provisioned, and its private key. */
export interface Identity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** What RegisterThing told the device about itself. */
  readonly configuration: Readonly<Record<string, string>>;
}

/** A device's own small disk: identity, counters, journals. */
export class DeviceStorage {
  readonly folder: string;

  constructor(root: string, thing: string) {
    this.folder = join(root, thing);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  identity(): Identity | undefined {
    const [certificate, key, configuration] = ['certificate.pem', 'private.key', 'configuration.json'].map((name) =>
      join(this.folder, name),
    );
    if (!existsSync(certificate!) || !existsSync(key!)) return undefined;
    return {
      certificatePem: readFileSync(certificate!, 'utf8'),
      privateKeyPem: readFileSync(key!, 'utf8'),
      configuration: existsSync(configuration!)
        ? (JSON.parse(readFileSync(configuration!, 'utf8')) as Record<string, string>)
        : {},
    };
  }

  /** The certificate is written last: without it the device provisions again, with it everything else is there. */
  keepIdentity(identity: Identity): void {
    this.#write('configuration.json', JSON.stringify(identity.configuration));
    this.#write('private.key', identity.privateKeyPem);
    this.#write('certificate.pem', identity.certificatePem);
  }

  /** The number of the next telemetry batch. A start leaves a gap rather than use a number twice. */
  nextSequence(): number {
    const file = join(this.folder, 'sequence');
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  }

  reserveSequence(next: number): void {
    this.#write('sequence', String(next));
  }

  #write(name: string, text: string): void {
    const path = join(this.folder, name);
    writeFileSync(`${path}.next`, text, { mode: 0o600 });
    chmodSync(`${path}.next`, 0o600);
    renameSync(`${path}.next`, path);
  }
}
