import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { readModel, type OperationModel, type ServiceModel } from '../../../twin/endpoint/model.ts';
import type { WireRequest } from '../../../twin/endpoint/protocol.ts';
import { RequestHandler } from '../../../twin/endpoint/request-handler.ts';
import type { AwsService } from '../../../twin/endpoint/service.ts';
import type { Shape } from '../../../twin/endpoint/shape.ts';
import { createBroker } from '../../../twin/iot/broker/broker.ts';
import { dataPlaneService } from '../../../twin/iot/data-plane/operations.ts';
import { iotService } from '../../../twin/iot/registry/operations.ts';
import { ruleOperations, RulesEngine } from '../../../twin/iot/rules/index.ts';
import { Keys } from '../../../twin/services/kms/keys.ts';
import { kmsService } from '../../../twin/services/kms/operations.ts';
import { secretsManagerService } from '../../../twin/services/secretsmanager/operations.ts';
import { Secrets } from '../../../twin/services/secretsmanager/secrets.ts';
import { sqsService } from '../../../twin/services/sqs/operations.ts';
import { Sqs } from '../../../twin/services/sqs/sqs.ts';
import { mutateBytes, mutateText, randomJson } from '../mutation.ts';
import type { Random } from '../random.ts';
import type { FuzzTarget } from '../target.ts';
import { openDeviceWorld, type DeviceWorld } from './device-world.ts';

const CASES_PER_WORLD = 4000;
/** They make RSA keys, a tenth of a second each time. */
const SLOW = new Set(['CreateKeysAndCertificate', 'CreateProvisioningClaim', 'GenerateDataKeyPair', 'CreateKey']);
const ARN = 'arn:aws:iot:us-east-1:000000000000:';
const TEXTS = [
  ...[
    'a',
    'thing-1',
    'policy',
    'rule_1',
    `${ARN}thing/thing-1`,
    `${ARN}cert/${'a'.repeat(64)}`,
    'a'.repeat(64),
    'ACTIVE',
  ],
  ...[
    'http://127.0.0.1:4566/000000000000/q',
    'q.fifo',
    "SELECT * FROM 'a/+'",
    '{}',
    '[]',
    '2016-03-23',
    '$aws/x',
    '10',
  ],
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}',
];

/** A value of the shape that the service's model names; now and then another. */
function valueOf(random: Random, shape: Shape, depth: number): unknown {
  if (random.oneIn(25)) return randomJson(random, TEXTS, 2);
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return Object.fromEntries(
        [...shape.members]
          .filter(([name]) => (shape.required.includes(name) ? !random.oneIn(20) : depth > 0 && random.oneIn(3)))
          .map(([name, member]) => [name, valueOf(random, member, depth - 1)]),
      );
    case 'list':
      return Array.from({ length: random.integer(3) }, () => valueOf(random, shape.element, depth - 1));
    case 'map':
      return Object.fromEntries(
        Array.from({ length: random.integer(3) }, () => [
          random.pick(TEXTS),
          valueOf(random, shape.element, depth - 1),
        ]),
      );
    case 'number':
      return random.pick([0, 1, 10, -1, 300, 1e9, 1.5]);
    case 'boolean':
      return random.oneIn(2);
    case 'blob':
      return Buffer.from(random.pick(TEXTS)).toString('base64');
    case 'timestamp':
      return random.pick([0, 1_767_225_600, '2026-01-01T00:00:00Z', 'never']);
    default:
      return random.oneIn(6) ? mutateText(random, random.pick(TEXTS), TEXTS) : random.pick(TEXTS);
  }
}

/** The path with its labels filled in, the query that the template itself has, and what the method is. */
function address(random: Random, operation: OperationModel): Pick<WireRequest, 'method' | 'path' | 'query'> {
  if (!operation.http) return { method: 'POST', path: '/', query: new URLSearchParams() };
  const [path = '/', query = ''] = operation.http.uri.split('?');
  const label = (): string => encodeURIComponent(random.pick(TEXTS));
  const parameters = new URLSearchParams(query);
  for (const [name, member] of operation.input.members)
    if (member.traits['httpQuery'] !== undefined && random.oneIn(3))
      parameters.set(String(member.traits['httpQuery'] || name), random.pick(TEXTS));
  return { method: operation.http.method, path: path.replace(/\{[^}]+\}/g, label), query: parameters };
}

interface Addressee {
  readonly signingName: string;
  readonly model: ServiceModel;
  readonly operations: readonly OperationModel[];
}

function request(random: Random, { signingName, model, operations }: Addressee): WireRequest & { queryString: string } {
  const operation = random.pick(operations);
  const addressed = address(random, operation);
  const input = valueOf(random, operation.input, 3);
  const body = Buffer.from(JSON.stringify(input) ?? '');
  const credential = `AKIDEXAMPLE/20260101/us-east-1/${signingName}/aws4_request`;
  return {
    ...addressed,
    ...(random.oneIn(30) && { path: mutateText(random, addressed.path, TEXTS) }),
    queryString: addressed.query.toString(),
    headers: {
      host: '127.0.0.1:4566',
      'content-type': model.protocol === 'json' ? `application/x-amz-json-${model.jsonVersion}` : 'application/json',
      'x-amz-target': `${model.namespace.split('.').at(-1)}.${operation.name}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${random.oneIn(40) ? mutateText(random, credential, TEXTS) : credential}, SignedHeaders=host, Signature=00`,
    },
    body: random.oneIn(8) ? mutateBytes(random, body) : body,
  };
}

interface World {
  readonly handler: RequestHandler;
  readonly services: readonly AwsService[];
  close(): Promise<void>;
}

async function openWorld(report: (error: unknown, operation: string) => void): Promise<World> {
  const devices: DeviceWorld = await openDeviceWorld(() => undefined);
  const { clock, store, registry } = devices;
  const account = DEFAULT_ACCOUNT;
  const rules = new RulesEngine({ account, clock, store, ports: {} });
  const broker = createBroker({
    ...{ clock, store, sink: rules, quotas: 'off' },
    gatekeeper: { admit: async () => ({ refused: 'NOT_AUTHORIZED', detail: 'nobody connects here' }) },
  });
  const endpoints = {
    'iot:Data-ATS': 'localhost:1',
    'iot:CredentialProvider': 'localhost:1',
    'iot:Jobs': 'localhost:1',
  };
  const services = [
    iotService(registry, devices.provisioning, endpoints, ruleOperations(rules)),
    dataPlaneService(broker, clock),
    sqsService(new Sqs({ account, clock, store, baseUrl: () => 'http://127.0.0.1:4566' })),
    secretsManagerService(new Secrets({ account, clock, store })),
    kmsService(new Keys({ account, clock, store })),
  ];
  const handler = new RequestHandler({
    ...{ services, account, clock, report },
    credentials: { find: () => undefined },
    authorize: () => undefined,
  });
  return {
    ...{ handler, services },
    close: async () => {
      await broker.close();
      await rules.close();
      await devices.close();
    },
  };
}

/** Requests to the AWS endpoint, made from the services' own models. */
export const awsRequests: FuzzTarget = {
  name: 'aws-requests',
  share: 15,
  async open() {
    let failure: { error: unknown; operation: string } | undefined;
    const note = (error: unknown, operation: string): void => void (failure = { error, operation });
    let world = await openWorld(note);
    const addressees: Addressee[] = [];
    for (const { signingNames, model, operations } of world.services) {
      const read = readModel(await model());
      const known = [...read.operations.values()].filter(
        ({ name }) => Object.hasOwn(operations, name) && !SLOW.has(name),
      );
      addressees.push({ signingName: signingNames[0]!, model: read, operations: known });
    }
    let cases = 0;
    return {
      async run(random) {
        if (cases++ % CASES_PER_WORLD === CASES_PER_WORLD - 1) {
          await world.close();
          world = await openWorld(note);
        }
        // A receiver that waits for messages goes away at once.
        const response = await world.handler.handle(request(random, random.pick(addressees)), AbortSignal.abort());
        if (!failure) {
          if (response.statusCode < 200 || response.statusCode > 599) throw new Error(`status ${response.statusCode}`);
          return;
        }
        const { error, operation } = failure;
        failure = undefined;
        throw new Error(`${operation}: ${(error as Error).stack ?? String(error)}`);
      },
      close: () => world.close(),
    };
  },
};
