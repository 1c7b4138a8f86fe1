import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import type { ClaimFiles } from './claim-certificate.ts';
import type { Ports } from './ports.ts';

/** Where everything of a running twin is; other tools read it from `.iov/endpoints.json`. */
export interface Endpoints {
  readonly mqtts: string;
  readonly https: string;
  readonly wss: string;
  readonly ca: string;
  readonly aws: string;
  readonly api: string;
  readonly kafka: string;
  readonly claim: Readonly<Record<string, ClaimFiles>>;
  readonly oauth: { readonly tokenUrl: string; readonly clientId: string; readonly clientSecret: string };
}

export interface EndpointsInput {
  readonly ports: Ports;
  readonly stateFolder: string;
  readonly kafka: string;
  readonly claim: Readonly<Record<string, ClaimFiles>>;
  readonly client: { readonly clientId: string; readonly clientSecret: string };
}

/** Paths are relative to the folder that `npm start` runs in, as the ones in the README are. */
const fromHere = (path: string): string => relative(process.cwd(), path) || path;

/** What every twin has, whoever's app it runs. */
export function addressesOf(ports: Ports, stateFolder: string, kafka: string) {
  return {
    mqtts: `mqtts://localhost:${ports.mqtts}`,
    https: `https://localhost:${ports.https}`,
    wss: `wss://localhost:${ports.wss}/mqtt`,
    ca: fromHere(join(stateFolder, 'ca.pem')),
    aws: `http://127.0.0.1:${ports.aws}`,
    api: `http://127.0.0.1:${ports.api}`,
    kafka,
    oauth: { tokenUrl: `http://127.0.0.1:${ports.oauth}/oauth2/token` },
  };
}

export function endpointsOf({ ports, stateFolder, kafka, claim, client }: EndpointsInput): Endpoints {
  const claims = Object.entries(claim).map(([deviceClass, { template, certificate, privateKey }]) => [
    deviceClass,
    { template, certificate: fromHere(certificate), privateKey: fromHere(privateKey) },
  ]);
  const addresses = addressesOf(ports, stateFolder, kafka);
  return {
    ...addresses,
    claim: Object.fromEntries(claims) as Record<string, ClaimFiles>,
    oauth: { ...addresses.oauth, ...client },
  };
}

/** Written whole or not at all, for its appearance says that the twin is ready. @returns what removes it */
export function writeEndpoints(stateFolder: string, endpoints: object): () => void {
  const file = join(stateFolder, 'endpoints.json');
  // The OAuth client's secret is in it.
  writeFileSync(`${file}.next`, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.next`, file);
  return () => rmSync(file, { force: true });
}
