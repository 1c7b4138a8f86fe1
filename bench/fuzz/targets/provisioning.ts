import { generateKeyPairSync, webcrypto } from 'node:crypto';

import { encode } from 'cbor-x';

import type { ProvisioningLogEntry } from '../../../twin/iot/provisioning/log.ts';
import { loadX509 } from '../../../twin/iot/certificates/x509.ts';
import { mutateBytes, mutateJson, mutateText } from '../mutation.ts';
import type { Random } from '../random.ts';
import type { FuzzTarget } from '../target.ts';
import { openDeviceWorld, type DeviceWorld } from './device-world.ts';

const CASES_PER_WORLD = 5000;
const TEMPLATE = {
  Parameters: { SerialNumber: { Type: 'String' }, 'AWS::IoT::Certificate::Id': { Type: 'String' } },
  Resources: {
    thing: {
      Type: 'AWS::IoT::Thing',
      Properties: {
        ThingName: { Ref: 'SerialNumber' },
        AttributePayload: { serial: { 'Fn::Sub': 's-${SerialNumber}' } },
      },
    },
    certificate: {
      Type: 'AWS::IoT::Certificate',
      Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'Active' },
    },
    policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'any' } },
  },
};
const ANY = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:*', Resource: '*' }] };
const NAMES = [
  'certificateOwnershipToken',
  'parameters',
  'SerialNumber',
  'certificateSigningRequest',
  'Ref',
  'Fn::Sub',
  'V1',
  '${x}',
];
const TOPICS = [
  ...['json', 'cbor'].map((format) => `$aws/provisioning-templates/vehicle/provision/${format}`),
  ...['json', 'cbor'].map((format) => `$aws/certificates/create-from-csr/${format}`),
  '$aws/provisioning-templates/none/provision/json',
];
/** Makes an RSA key pair, a tenth of a second each time. */
const SLOW_TOPIC = '$aws/certificates/create/json';

async function signingRequest(): Promise<string> {
  const x509 = await loadX509();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = {
    privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
    publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create(
    { name: 'CN=device', keys: keys as never, signingAlgorithm: algorithm },
    webcrypto as never,
  );
  return request.toString('pem');
}

/** A template body as an operator might write it, seldom a good one. */
function createTemplate(random: Random, world: DeviceWorld): void {
  const body = mutateJson(random, TEMPLATE, NAMES);
  const templateName = `t${random.integer(20)}`;
  try {
    if (world.provisioning.templates.describe(templateName)) world.provisioning.templates.delete(templateName);
  } catch {
    // It was not there.
  }
  world.provisioning.templates.create({
    templateName,
    templateBody: random.oneIn(4) ? mutateText(random, JSON.stringify(body), NAMES) : JSON.stringify(body),
    enabled: true,
    provisioningRoleArn: 'arn:aws:iam::000000000000:role/provisioning',
  });
}

/** What devices send to the provisioning topics, and the templates behind them. */
export const provisioning: FuzzTarget = {
  name: 'provisioning',
  share: 10,
  async open() {
    const csr = await signingRequest();
    let failure: ProvisioningLogEntry | undefined;
    const openWorld = async (): Promise<DeviceWorld> => {
      const world = await openDeviceWorld((entry) => {
        if (entry.reason === 'InternalServerError') failure = entry;
      });
      world.registry.policies.create('any', JSON.stringify(ANY));
      world.provisioning.templates.create({
        ...{ templateName: 'vehicle', templateBody: JSON.stringify(TEMPLATE), enabled: true },
        provisioningRoleArn: 'arn:aws:iam::000000000000:role/provisioning',
      });
      return world;
    };
    let world = await openWorld();
    let token = '';
    let cases = 0;
    const ask = async (topic: string, payload: Buffer): Promise<Record<string, unknown>> => {
      const replies = await world.provisioning.topics.handle(
        { ...{ topic, payload, qos: 1, retain: false, receivedAt: 0 }, source: { protocol: 'mqtt', clientId: 'c' } },
        { clientId: 'c', principal: 'c'.repeat(64), protocol: 'mqtt' },
      );
      if (typeof replies === 'string' || !topic.endsWith('json')) return {};
      return JSON.parse(replies[0]!.payload.toString()) as Record<string, unknown>;
    };
    return {
      async run(random) {
        if (cases++ % CASES_PER_WORLD === CASES_PER_WORLD - 1) {
          await world.close();
          world = await openWorld();
        }
        if (random.oneIn(10)) {
          const issued = await ask(TOPICS[2]!, Buffer.from(JSON.stringify({ certificateSigningRequest: csr })));
          token = String(issued['certificateOwnershipToken'] ?? token);
        }
        if (random.oneIn(8)) {
          try {
            createTemplate(random, world);
          } catch (error) {
            if ((error as Error).name !== 'AwsError' && (error as { code?: string }).code === undefined) throw error;
          }
        }
        const topic = random.oneIn(2000)
          ? SLOW_TOPIC
          : random.oneIn(10)
            ? `$aws/provisioning-templates/t${random.integer(20)}/provision/json`
            : random.pick(TOPICS);
        const valid = topic.includes('csr')
          ? { certificateSigningRequest: random.oneIn(3) ? mutateText(random, csr, NAMES) : csr }
          : { certificateOwnershipToken: token, parameters: { SerialNumber: `V${random.integer(50)}` } };
        const request = mutateJson(random, valid, NAMES);
        const bytes = topic.endsWith('cbor') ? encode(request) : Buffer.from(JSON.stringify(request) ?? '');
        await ask(
          random.oneIn(50) ? mutateText(random, topic, TOPICS) : topic,
          random.oneIn(4) ? mutateBytes(random, bytes) : bytes,
        );
        if (failure) {
          const { details } = failure;
          failure = undefined;
          throw new Error(`provisioning failed: ${details}`);
        }
      },
      close: () => world.close(),
    };
  },
};
