/**
 * IoT Core and the AWS endpoint, without Kafka, in a process of its own that a test may kill. Prints one line of JSON when
 * it listens.
 *
 * Usage: node front-door-process.ts <state folder>
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { DEFAULT_ACCOUNT as account } from '../../../twin/account.ts';
import { SystemClock } from '../../../twin/clock.ts';
import { openCloud } from '../../../twin/cloud.ts';
import { createEndpoint } from '../../../twin/endpoint/endpoint.ts';
import { openFrontDoor } from '../../../twin/front-door.ts';
import { CertificateAuthority } from '../../../twin/iot/certificates/authority.ts';
import type { Registry } from '../../../twin/iot/registry/registry.ts';
import { LogFile } from '../../../twin/log-file.ts';
import { openStore } from '../../../twin/state/store.ts';
import type { FrontDoorAddresses, Identity } from './running-front-door.ts';

const folder = process.argv[2]!;
const clock = new SystemClock();
const store = openStore(join(folder, 'state.db'));
const authority = await CertificateAuthority.open(folder, clock);
let awsUrl = '';
const cloud = openCloud({
  ...{ account, clock, store, stateFolder: folder },
  kafka: () => Promise.reject(new Error('there is no Kafka here')),
  awsUrl: () => awsUrl,
  apiUrl: () => 'http://127.0.0.1',
  logLambda: () => undefined,
  log: () => undefined,
});
const iot = openFrontDoor({
  ...{ account, clock, store, cloud, authority },
  endpoints: { 'iot:Data-ATS': 'localhost', 'iot:CredentialProvider': 'localhost', 'iot:Jobs': 'localhost' },
  awsUrl: () => awsUrl,
  quotas: 'off',
  logFile: new LogFile(join(folder, 'iot.jsonl')),
  kafkaPorts: { from: 9000, to: 9100 },
  plaintextServers: new Set(),
  report: (line) => process.stderr.write(`${line}\n`),
});
const endpoint = createEndpoint({
  services: [...cloud.services, ...iot.services],
  account,
  credentials: cloud.iam.sessions,
  authorize: (caller, request) => cloud.iam.authorize(caller, request),
  clock,
});
await endpoint.listen({ port: 0 });
awsUrl = endpoint.url;
cloud.iam.roles.putRole({
  ...{ name: 'rules', path: '/', managedPolicyArns: [], tags: {}, maxSessionDuration: 3600 },
  trustPolicy: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'iot.amazonaws.com' } }],
  },
  inlinePolicies: {
    rights: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['iot:Publish', 'iot:GetThingShadow', 'iot:DescribeThing', 's3:GetObject'],
          Resource: '*',
        },
      ],
    },
  },
});

/** A certificate that may do anything, the same in every life of this process. */
async function identityOf(registry: Registry): Promise<Identity> {
  const file = join(folder, 'device.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Identity;
  const { certificatePem, privateKeyPem } = await authority.issueWithNewKeys();
  const { certificateArn } = registry.certificates.register({ certificatePem, status: 'ACTIVE' });
  registry.policies.create(
    'anything',
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['iot:*', 'iotjobsdata:*'], Resource: '*' }],
    }),
  );
  registry.attachPolicy('anything', certificateArn);
  const identity = { cert: certificatePem, key: privateKeyPem };
  writeFileSync(file, JSON.stringify(identity));
  return identity;
}

iot.resume();
const server = await authority.serverCertificate();
const tls = { host: '127.0.0.1', key: server.privateKeyPem, cert: server.certificatePem, ca: authority.certificatePem };
const mqtts = await iot.broker.listenTls({ ...tls, port: 0 });
const https = await iot.broker.listenHttps({ ...tls, port: 0 });
const addresses: FrontDoorAddresses = {
  ...{ awsUrl, ca: authority.certificatePem, identity: await identityOf(iot.registry) },
  mqttsPort: mqtts.port,
  httpsPort: https.port,
};
process.stdout.write(`${JSON.stringify(addresses)}\n`);
