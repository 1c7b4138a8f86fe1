import { randomUUID } from 'node:crypto';

import type { Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import { plainBody } from './content-encoding.ts';
import { identify } from './credentials.ts';
import type { CredentialLookup } from './credentials.ts';
import { SerializationError } from './json-codec.ts';
import { parseJsonBody } from './json-protocol.ts';
import type { ServiceModel } from './model.ts';
import type { WireProtocol, WireRequest, WireResponse } from './protocol.ts';
import { missingMembers, missingMembersMessage } from './required-members.ts';
import { restJsonProtocol } from './rest-json-protocol.ts';
import { AwsError } from './service.ts';
import type { AwsService, Caller, OperationContext } from './service.ts';
import { ServiceDirectory } from './service-directory.ts';
import type { Destination } from './service-directory.ts';
import { readQuerySignatureV2 } from './sigv2-query.ts';
import { readSignature } from './sigv4.ts';

/** Throws AwsError AccessDeniedException, with AWS's text, unless the caller's policies allow the action on the resource. */
export type Authorize = (
  caller: Caller,
  request: {
    readonly action: string;
    readonly resource: string;
    readonly conditionKeys: Readonly<Record<string, string>>;
  },
) => void;

interface HandlerOptions {
  readonly services: readonly AwsService[];
  readonly account: Account;
  readonly credentials: CredentialLookup;
  readonly authorize: Authorize;
  readonly clock: Clock;
  readonly report?: (error: unknown, operation: string) => void;
}

/** From a request to its answer: find the operation, know the caller, check input and permission, run. Never throws. */
export class RequestHandler {
  readonly #options: HandlerOptions;
  readonly #directory: ServiceDirectory;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#directory = new ServiceDirectory(options.services);
  }

  async handle(
    request: WireRequest & { readonly queryString: string },
    disconnected: AbortSignal,
  ): Promise<WireResponse> {
    const requestId = randomUUID();
    let signingName: string | undefined;
    let destination: Destination | undefined;
    try {
      const signature = readSignature(request.headers, request.query) ?? readQuerySignatureV2(request.query);
      signingName = signature?.service ?? this.#unsignedName(request);
      destination = await this.#directory.find(signingName, request);
      const caller = identify(
        request,
        signature,
        this.#options.credentials,
        this.#options.account,
        this.#options.clock.now(),
      );
      return await this.#run(destination, await plainBody(request), caller, requestId, disconnected);
    } catch (error) {
      const { model, protocol } = destination ?? (await this.#rendering(signingName, request));
      const awsError = this.#asAwsError(error, model, destination);
      return protocol.writeError(model, inProtocol(awsError, model, protocol), requestId);
    }
  }

  refuseTooLarge(): WireResponse {
    const error = new AwsError(
      'RequestEntityTooLargeException',
      'The request is larger than the endpoint takes (10 MB, or 256 MB for an object of S3).',
      413,
    );
    return restJsonProtocol.writeError(undefined, error, randomUUID());
  }

  // A web page that the user happens to visit can send unsigned requests to loopback; a client of AWS sends no Origin.
  #unsignedName(request: WireRequest): string {
    const name = request.headers['origin'] === undefined ? this.#directory.signingNameOf(request) : undefined;
    if (name === undefined)
      throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
    return name;
  }

  async #rendering(
    signingName: string | undefined,
    request: WireRequest,
  ): Promise<{ model: ServiceModel | undefined; protocol: WireProtocol }> {
    try {
      return await this.#directory.rendering(signingName, request);
    } catch {
      return { model: undefined, protocol: restJsonProtocol };
    }
  }

  async #run(
    destination: Destination,
    request: WireRequest,
    caller: Caller,
    requestId: string,
    disconnected: AbortSignal,
  ): Promise<WireResponse> {
    const { service, model, operation, protocol } = destination;
    const definition = service.operations[operation.name]!;
    const { account, authorize } = this.#options;
    let input = protocol.readInput(destination, request);
    const missing = missingMembers(operation.input, input);
    if (missing.length > 0) throw missingMembersError(model, missing);
    if (service.wireValues) input = parseJsonBody(request.body) as Record<string, unknown>;

    const action = `${service.iamPrefix}:${definition.iamAction ?? operation.name}`;
    const conditionKeys = definition.conditionKeys?.(input) ?? {};
    for (const resource of definition.resources?.(input, account) ?? ['*'])
      authorize(caller, { action, resource, conditionKeys });

    const context: OperationContext = {
      account,
      caller,
      requestId,
      disconnected,
      authorize: (otherAction, resource, keys = {}) =>
        authorize(caller, { action: otherAction, resource, conditionKeys: keys }),
    };
    const output = (await definition.run(input, context)) ?? {};
    if (service.wireValues)
      return { ...protocol.writeOutput(model, operation, {}, requestId), body: JSON.stringify(output) };
    return protocol.writeOutput(model, operation, output, requestId);
  }

  #asAwsError(error: unknown, model: ServiceModel | undefined, destination: Destination | undefined): AwsError {
    if (error instanceof AwsError) return error;
    if (error instanceof SerializationError) return new AwsError(serializationCode(model), error.message);
    if (error instanceof URIError)
      return new AwsError(serializationCode(model), 'The path is not valid percent-encoding.');
    const operation = destination
      ? `${destination.service.iamPrefix}:${destination.operation.name}`
      : 'an unknown operation';
    (this.#options.report ?? reportToConsole)(error, operation);
    return new AwsError(
      'InternalFailure',
      'The request processing has failed because of an unknown error, exception or failure.',
      500,
    );
  }
}

function missingMembersError(model: ServiceModel, missing: readonly string[]): AwsError {
  if (model.queryCompatible) {
    const name = missing[0]!.charAt(0).toUpperCase() + missing[0]!.slice(1);
    return new AwsError('MissingParameter', `The request must contain the parameter ${name}.`);
  }
  return new AwsError(validationCode(model), missingMembersMessage(missing));
}

// REST services have an error of their own for this; the others use the common one.
function validationCode(model: ServiceModel): string {
  if (model.protocol === 'query') return 'ValidationError';
  if (model.protocol === 'rest-xml') return 'MalformedXML';
  const own = model.protocol === 'rest-json' ? ['InvalidRequestException', 'BadRequestException'] : [];
  return own.find((code) => model.errors.has(code)) ?? 'ValidationException';
}

function serializationCode(model: ServiceModel | undefined): string {
  if (model?.protocol === 'rest-xml') return 'InvalidArgument';
  return model?.protocol === 'rest-json' && model.errors.has('InvalidRequestException')
    ? 'InvalidRequestException'
    : 'SerializationException';
}

/** awsJson answers 400 where REST answers another status of the client's fault; query has its own name for denial. */
function inProtocol(error: AwsError, model: ServiceModel | undefined, protocol: WireProtocol): AwsError {
  if (error.code === 'AccessDeniedException' && (model?.protocol === 'query' || model?.queryCompatible)) {
    return new AwsError('AccessDenied', error.message, 403, { ...error.members });
  }
  const isJson = model?.protocol === 'json' && protocol !== restJsonProtocol;
  if (isJson && error.statusCode > 400 && error.statusCode < 500) {
    return new AwsError(error.code, error.message, model.errors.get(error.code)?.statusCode ?? 400, {
      ...error.members,
    });
  }
  return error;
}

function reportToConsole(error: unknown, operation: string): void {
  console.error(`The AWS endpoint failed in ${operation}:`, error);
}
