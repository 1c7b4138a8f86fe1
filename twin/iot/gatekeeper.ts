import type { Account } from '../account.ts';
import type { Admission, BrokerAction, ConnectRequest, Gatekeeper, Refusal } from './broker/ports.ts';
import { Authorizer, resourceArn, type ConnectionFacts } from './policy/index.ts';
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
}

const REASONS: Record<CertificateRefusal['refused'], string> = {
  'unknown-certificate': 'is not registered',
  'certificate-not-active': 'is not ACTIVE',
  'certificate-expired': 'is not within its validity',
};

const isRefusal = (found: RegisteredConnection | CertificateRefusal): found is CertificateRefusal => 'refused' in found;

/**
 * Lets devices in by their certificates and decides what they may do by the policies attached to them. A decision is
 * kept until something in the registry changes; then it is taken anew, so a detached policy binds live connections too.
 */
export class DeviceGatekeeper implements Gatekeeper {
  readonly #options: DeviceGatekeeperOptions;
  #generation = 0;

  constructor(options: DeviceGatekeeperOptions) {
    this.#options = options;
    options.onChange(() => void this.#generation++);
  }

  async admit(request: ConnectRequest): Promise<Admission | Refusal> {
    if (request.certificate) return this.#admitCertificate(request, request.certificate.der);
    if (request.signature) return this.#admitSigned(request, request.signature);
    return {
      refused: 'BAD_CREDENTIALS',
      detail: 'the client presented no certificate, and its request bears no AWS signature',
    };
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
    if (isRefusal(found)) {
      return { refused: 'NOT_AUTHORIZED', detail: `certificate ${found.certificateId} ${REASONS[found.refused]}` };
    }
    const connection = new DeviceConnection(request, der, this.#options, () => this.#generation, found);
    // An HTTPS publish has no MQTT connection, so nothing asks for iot:Connect.
    if (request.transport !== 'https') {
      const refusal = connection.refuseConnect();
      if (refusal) return refusal;
    }
    return connection;
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

class DeviceConnection implements Admission {
  readonly principal: string;
  readonly exclusiveThingName?: string;
  readonly thingName?: string;
  readonly propagatedUserProperties: Admission['propagatedUserProperties'];
  readonly #request: ConnectRequest;
  readonly #der: Buffer;
  readonly #options: DeviceGatekeeperOptions;
  readonly #generation: () => number;
  #decidedAt: number;
  #authorizer: Authorizer;

  constructor(
    request: ConnectRequest,
    der: Buffer,
    options: DeviceGatekeeperOptions,
    generation: () => number,
    found: RegisteredConnection,
  ) {
    this.#request = request;
    this.#der = der;
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
    const { clientId, lastWill } = this.#request;
    if (!this.#authorizer.isAllowed('iot:Connect', clientId)) return this.#refusal('iot:Connect', clientId);
    if (!lastWill) return undefined;
    // A will is published in the client's name, so the client must be allowed to publish it.
    const action = lastWill.retain ? 'iot:RetainPublish' : 'iot:Publish';
    return this.#authorizer.mayPublish(lastWill.topic, lastWill.retain)
      ? undefined
      : this.#refusal(action, lastWill.topic);
  }

  authorize(action: BrokerAction, resource: string): boolean {
    return this.#current().isAllowed(action, resource);
  }

  explain(action: BrokerAction, resource: string): string {
    return this.#current().decide(action, resource).because;
  }

  #refusal(action: 'iot:Connect' | BrokerAction, resource: string): Refusal {
    return { refused: 'NOT_AUTHORIZED', detail: this.#authorizer.decide(action, resource).because };
  }

  #current(): Authorizer {
    const generation = this.#generation();
    if (generation !== this.#decidedAt) {
      this.#decidedAt = generation;
      const found = this.#options.connections.connectionFacts(this.#der, this.#request.clientId);
      // A certificate that was taken back may do nothing; whoever took it back disconnects it as well.
      this.#authorizer = isRefusal(found)
        ? new Authorizer([], { clientId: this.#request.clientId }, this.#options.account)
        : this.#authorizerOf(found);
    }
    return this.#authorizer;
  }

  #authorizerOf(found: RegisteredConnection): Authorizer {
    const { sourceIp, serverName, persistent, lastWill } = this.#request;
    const facts: ConnectionFacts = {
      ...found.facts,
      sourceIp,
      domain: serverName,
      connectAttributes: [...(persistent ? ['PersistentConnect'] : []), ...(lastWill ? ['LastWill'] : [])],
      lastWillTopic: lastWill?.topic,
    };
    return new Authorizer(
      found.policies.map(({ policy }) => policy),
      facts,
      this.#options.account,
    );
  }
}
