import { jsonProtocol } from './json-protocol.ts';
import { readModel } from './model.ts';
import type { ServiceModel } from './model.ts';
import type { Addressed, WireProtocol, WireRequest } from './protocol.ts';
import { queryProtocol } from './query-protocol.ts';
import { restJsonProtocol } from './rest-json-protocol.ts';
import { restXmlProtocol } from './rest-xml-protocol.ts';
import { AwsError } from './service.ts';
import type { AwsService } from './service.ts';

/** The service, operation and protocol that a request is for. */
export interface Destination extends Addressed {
  readonly service: AwsService;
  readonly model: ServiceModel;
  readonly protocol: WireProtocol;
}

/** Signing names by the prefix of X-Amz-Target, for requests without a signature. */
const TARGETS: Readonly<Record<string, string>> = {
  DynamoDB_20120810: 'dynamodb',
  AmazonSQS: 'sqs',
  secretsmanager: 'secretsmanager',
  TrentService: 'kms',
  AmazonSSM: 'ssm',
  AWSEvents: 'events',
  Logs_20140328: 'logs',
  Firehose_20150804: 'firehose',
  GraniteServiceVersion20100801: 'monitoring',
  AWSCognitoIdentityProviderService: 'cognito-idp',
};

/** Signing names by the first label of the host, where the two differ. */
const HOSTS: Readonly<Record<string, string>> = {
  'data-ats.iot': 'iotdata',
  'data.iot': 'iotdata',
  'data.jobs.iot': 'iot-jobs-data',
};

/** Finds the service of a request by its signing name, and keeps the models that were loaded. */
export class ServiceDirectory {
  readonly #bySigningName = new Map<string, AwsService[]>();
  readonly #models = new Map<AwsService, Promise<ServiceModel>>();

  constructor(services: readonly AwsService[]) {
    for (const service of services) {
      for (const name of service.signingNames) {
        const sharing = this.#bySigningName.get(name);
        if (sharing) sharing.push(service);
        else this.#bySigningName.set(name, [service]);
      }
    }
  }

  /** The signing name that an unsigned request would have had, from its target or host. */
  signingNameOf(request: WireRequest): string | undefined {
    const target = request.headers['x-amz-target']?.split('.')[0];
    if (target !== undefined) return TARGETS[target];
    // The URL by which a subscriber of a topic confirms; its token is the proof.
    if (request.query.get('Action') === 'ConfirmSubscription') return 'sns';
    const host = (request.headers['host'] ?? '').toLowerCase();
    for (const [prefix, name] of Object.entries(HOSTS)) if (host.includes(`${prefix}.`)) return name;
    const label = host.split('.')[0]!;
    return this.#bySigningName.has(label) ? label : undefined;
  }

  /**
   * @throws AwsError naming the service or operation that the twin does not execute; its `destination` tells in which
   * service, so that the answer is in that service's protocol
   */
  async find(signingName: string, request: WireRequest): Promise<Destination> {
    const candidates = this.#bySigningName.get(signingName);
    if (!candidates) {
      throw new AwsError(
        'NotImplemented',
        `The twin has no service with the signing name '${signingName}'. It has: ${[...this.#bySigningName.keys()].join(', ')}.`,
        501,
      );
    }
    let refusal: AwsError | undefined;
    for (const service of candidates) {
      const model = await this.modelOf(service);
      const protocol = await protocolOf(model, request);
      const addressed = protocol.address(model, request);
      if ('unknown' in addressed) {
        refusal ??= new AwsError(
          'UnknownOperationException',
          `${service.iamPrefix} has no operation ${addressed.unknown.slice(0, 200)}.`,
          404,
        );
      } else if (Object.hasOwn(service.operations, addressed.operation.name)) {
        return { service, model, protocol, ...addressed };
      } else {
        refusal = new AwsError(
          'NotImplemented',
          `The twin does not execute ${service.iamPrefix}:${addressed.operation.name}.`,
          501,
        );
      }
    }
    throw refusal!;
  }

  /** The protocol and model in which a failure before or during the search is answered. */
  async rendering(
    signingName: string | undefined,
    request: WireRequest,
  ): Promise<{ model: ServiceModel | undefined; protocol: WireProtocol }> {
    const service = signingName === undefined ? undefined : this.#bySigningName.get(signingName)?.[0];
    if (!service) return { model: undefined, protocol: guessProtocol(request) };
    const model = await this.modelOf(service);
    return { model, protocol: await protocolOf(model, request) };
  }

  modelOf(service: AwsService): Promise<ServiceModel> {
    let model = this.#models.get(service);
    if (!model) this.#models.set(service, (model = service.model().then(readModel)));
    return model;
  }
}

async function protocolOf(model: ServiceModel, request: WireRequest): Promise<WireProtocol> {
  if (model.protocol === 'rest-json') return restJsonProtocol;
  if (model.protocol === 'rest-xml') return restXmlProtocol;
  if (model.protocol === 'query') return queryProtocol;
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') return (await import('./cbor-protocol.ts')).cborProtocol;
  return isForm(request) ? queryProtocol : jsonProtocol;
}

function guessProtocol(request: WireRequest): WireProtocol {
  if (request.headers['x-amz-target'] !== undefined) return jsonProtocol;
  return isForm(request) ? queryProtocol : restJsonProtocol;
}

function isForm(request: WireRequest): boolean {
  if (request.headers['x-amz-target'] !== undefined) return false;
  return (
    (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ||
    request.query.has('Action')
  );
}
