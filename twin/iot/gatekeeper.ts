import type { Account } from '../account.ts';
import type { Admission, BrokerAction, ConnectRequest, Gatekeeper, Refusal } from './broker/ports.ts';
import { connectFacts, refuseConnect } from './connect-decision.ts';
import type { EndpointAuthentication } from './custom-authorizers/domains.ts';
import { Authorizer, resourceArn } from './policy/index.ts';
import type { CertificateRefusal, ConnectionRegistry, RegisteredConnection } from './registry/connection-facts.ts';
import type { RegistryChange } from './registry/changes.ts';

/** Whether the caller behind a signed WebSocket URL may do something; its permissions are IAM's, not IoT policies. */
export type AuthorizeSigned = (accessKeyId: string, action: string, resource: string) => boolean;

export interface DeviceGatekeeperOptions {
  readonly account: Account;
  readonly connections: ConnectionRegistry;
  readonly authorizeSigned: AuthorizeSigned;
  /** Tells of every change after which an earlier decision may no longer hold. */
  onChange(listener: (change: RegistryChange) => void): void;
  /**
   * Registers a certificate that a known CA signed but nobody has registered yet (just-in-time); true when it made the
   * certificate usable, so that it is looked up once more.
   */
  registerJustInTime?(request: ConnectRequest): Promise<boolean>;
  readonly custom?: CustomAuthentication;
}

/** Authentication by the account's authorizers. */
export interface CustomAuthentication {
  /** What the endpoint that the client called says about authentication. */
  endpointOf(request: ConnectRequest): EndpointAuthentication;
  /** @returns undefined when there is no authorizer for this client */
  admit(request: ConnectRequest, endpoint: EndpointAuthentication): Promise<Admission | Refusal | undefined>;
}

const ANY_AUTHENTICATION: EndpointAuthentication = { authenticationType: 'DEFAULT', mayName: true };

const REASONS: Record<CertificateRefusal['refused'], string> = {
  'unknown-certificate': 'is not registered',
  'certificate-not-active': 'is not ACTIVE',
  'certificate-expired': 'is not within its validity',
};

const lacking = (what: string): Refusal => ({
  refused: 'BAD_CREDENTIALS',
  detail: `the client did not present ${what}`,
});

const refusedCertificate = ({ certificateId, refused }: CertificateRefusal): Refusal => ({
  refused: 'NOT_AUTHORIZED',
  detail: `certificate ${certificateId} ${REASONS[refused]}`,
});

const isRefusal = (found: RegisteredConnection | CertificateRefusal): found is CertificateRefusal => 'refused' in found;

/**
 * Lets clients in: devices by their certificates, signed requests by IAM, others by the account's authorizers. What a
 * device may do, the policies attached to its certificate say. A decision is kept until something in the registry
 * changes; then it is taken anew, so a detached policy binds live connections too.
 */
export class DeviceGatekeeper implements Gatekeeper {
  readonly #options: DeviceGatekeeperOptions;
  #generation = 0;

  constructor(options: DeviceGatekeeperOptions) {
    this.#options = options;
    options.onChange(() => void this.#generation++);
  }

  async admit(request: ConnectRequest): Promise<Admission | Refusal> {
    const endpoint = this.#options.custom?.endpointOf(request) ?? ANY_AUTHENTICATION;
    switch (endpoint.authenticationType) {
      case 'AWS_X509':
        return (await this.#byCertificate(request)) ?? lacking('a certificate, which its endpoint asks for');
      case 'AWS_SIGV4':
        return this.#bySignature(request) ?? lacking('an AWS signature, which its endpoint asks for');
      case 'CUSTOM_AUTH':
        return (await this.#byAuthorizer(request, endpoint)) ?? lacking("an authorizer's name; there is no default");
      case 'CUSTOM_AUTH_X509':
        return this.#byCertificateAndAuthorizer(request, endpoint);
      case 'DEFAULT':
        return (
          (await this.#byCertificate(request)) ??
          this.#bySignature(request) ??
          (await this.#byAuthorizer(request, endpoint)) ??
          lacking("a certificate, an AWS signature or an authorizer's name")
        );
    }
  }

  #byCertificate(request: ConnectRequest): Promise<Admission | Refusal> | undefined {
    return request.certificate && this.#admitCertificate(request, request.certificate.der);
  }

  #bySignature(request: ConnectRequest): Admission | Refusal | undefined {
    return request.signature && this.#admitSigned(request, request.signature);
  }

  async #byAuthorizer(
    request: ConnectRequest,
    endpoint: EndpointAuthentication,
  ): Promise<Admission | Refusal | undefined> {
    return this.#options.custom?.admit(request, endpoint);
  }

  /** The certificate must be registered and active; what its holder may do, the authorizer alone says. */
  async #byCertificateAndAuthorizer(
    request: ConnectRequest,
    endpoint: EndpointAuthentication,
  ): Promise<Admission | Refusal> {
    if (!request.certificate) return lacking('a certificate, which its endpoint asks for');
    const found = this.#options.connections.connectionFacts(request.certificate.der, request.clientId);
    if (isRefusal(found)) return refusedCertificate(found);
    return (await this.#byAuthorizer(request, endpoint)) ?? lacking("an authorizer's name; there is no default");
  }

  async #admitCertificate(request: ConnectRequest, der: Buffer): Promise<Admission | Refusal> {
    let found = this.#options.connections.connectionFacts(der, request.clientId);
    if (
      isRefusal(found) &&
      found.refused === 'unknown-certificate' &&
      (await this.#options.registerJustInTime?.(request))
    ) {
      found = this.#options.connections.connectionFacts(der, request.clientId);
    }
    if (isRefusal(found)) return refusedCertificate(found);
    const connection = new DeviceConnection(request, this.#options, () => this.#generation, found);
    return connection.refuseConnect() ?? connection;
  }

  #admitSigned(
    request: ConnectRequest,
    { accessKeyId, principal }: NonNullable<ConnectRequest['signature']>,
  ): Admission | Refusal {
    const { account, authorizeSigned } = this.#options;
    const authorize = (action: BrokerAction | 'iot:Connect', resource: string): boolean =>
      authorizeSigned(accessKeyId, action, resourceArn(action, resource, account));
    if (request.transport !== 'https' && !authorize('iot:Connect', request.clientId)) {
      return { refused: 'NOT_AUTHORIZED', detail: `${principal} may not iot:Connect as client/${request.clientId}` };
    }
    return { principal, authorize };
  }
}

/** What later decisions need of a CONNECT. The certificate is not among it: a parsed one takes kilobytes. */
type KeptRequest = Omit<ConnectRequest, 'certificate' | 'password' | 'http'>;

class DeviceConnection implements Admission {
  readonly principal: string;
  readonly exclusiveThingName?: string;
  readonly thingName?: string;
  readonly propagatedUserProperties: Admission['propagatedUserProperties'];
  readonly #request: KeptRequest;
  readonly #options: DeviceGatekeeperOptions;
  readonly #generation: () => number;
  #decidedAt: number;
  #authorizer: Authorizer;

  constructor(
    request: ConnectRequest,
    options: DeviceGatekeeperOptions,
    generation: () => number,
    found: RegisteredConnection,
  ) {
    const { certificate: _shown, password: _given, http: _opening, ...kept } = request;
    this.#request = kept;
    this.#options = options;
    this.#generation = generation;
    this.#decidedAt = generation();
    this.principal = found.certificateId;
    this.exclusiveThingName = found.exclusiveThingName;
    this.thingName = found.facts.thingName;
    this.propagatedUserProperties = found.propagatedUserProperties;
    this.#authorizer = this.#authorizerOf(found);
  }

  refuseConnect(): Refusal | undefined {
    return refuseConnect(this.#authorizer, this.#request);
  }

  authorize(action: BrokerAction, resource: string): boolean {
    return this.#current().isAllowed(action, resource);
  }

  explain(action: BrokerAction, resource: string): string {
    return this.#current().decide(action, resource).because;
  }

  #current(): Authorizer {
    const generation = this.#generation();
    if (generation !== this.#decidedAt) {
      this.#decidedAt = generation;
      const found = this.#options.connections.connectionFactsOf(this.principal, this.#request.clientId);
      // A certificate that was taken back may do nothing; whoever took it back disconnects it as well.
      this.#authorizer = isRefusal(found)
        ? new Authorizer([], { clientId: this.#request.clientId }, this.#options.account)
        : this.#authorizerOf(found);
    }
    return this.#authorizer;
  }

  #authorizerOf(found: RegisteredConnection): Authorizer {
    return new Authorizer(
      found.policies.map(({ policy }) => policy),
      { ...found.facts, ...connectFacts(this.#request) },
      this.#options.account,
    );
  }
}
