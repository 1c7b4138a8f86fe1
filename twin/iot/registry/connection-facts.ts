import { X509Certificate } from 'node:crypto';

import { certificateIdOf } from '../certificates/fingerprint.ts';
import type { CertificateRecord } from '../certificates/certificates.ts';
import type { ConnectionFacts } from '../policy/index.ts';
import type { PolicyInForce } from './policies-in-force.ts';
import { PoliciesInForce } from './policies-in-force.ts';
import type { Registry } from './registry.ts';

/** What the registry knows of a device that presents a certificate. */
export interface RegisteredConnection {
  readonly certificateId: string;
  /** ARN of the certificate: the target of its policies and the principal of its things. */
  readonly principal: string;
  readonly facts: ConnectionFacts;
  readonly policies: readonly PolicyInForce[];
  /** Set for a certificate attached with EXCLUSIVE_THING: only then do lifecycle events name the thing. */
  readonly exclusiveThingName?: string;
  /** MQTT 5 user properties that its thing type adds to what the thing publishes. */
  readonly propagatedUserProperties: readonly (readonly [key: string, value: string])[];
}

export type CertificateRefusal =
  | { readonly refused: 'unknown-certificate'; readonly certificateId: string }
  | { readonly refused: 'certificate-not-active'; readonly certificateId: string; readonly status: string }
  | { readonly refused: 'certificate-expired'; readonly certificateId: string };

/** Facts of a temporary claim certificate, which is in no registry. */
export type ClaimFacts = (certificateId: string, clientId: string) => RegisteredConnection | undefined;

/** Answers the gatekeeper's questions about certificates, from memory and without cryptography. */
export class ConnectionRegistry {
  readonly #registry: Registry;
  readonly #policies: PoliciesInForce;
  readonly #claimFacts: ClaimFacts;
  readonly #serialNumbers = new WeakMap<CertificateRecord, string>();

  constructor(registry: Registry, claimFacts: ClaimFacts = () => undefined) {
    this.#registry = registry;
    this.#claimFacts = claimFacts;
    this.#policies = new PoliciesInForce(registry);
  }

  /**
   * The facts and policies of a connection, or why its certificate is not accepted.
   *
   * @param certificateDer as presented in the TLS handshake, which has proven possession of its key
   */
  connectionFacts(certificateDer: Uint8Array, clientId: string): RegisteredConnection | CertificateRefusal {
    return this.connectionFactsOf(certificateIdOf(certificateDer), clientId);
  }

  /** The same for a certificate that was shown before, so that a connection need not keep it. */
  connectionFactsOf(certificateId: string, clientId: string): RegisteredConnection | CertificateRefusal {
    const certificate = this.#registry.certificates.get(certificateId);
    if (!certificate) {
      return this.#claimFacts(certificateId, clientId) ?? { refused: 'unknown-certificate', certificateId };
    }
    if (certificate.status !== 'ACTIVE')
      return { refused: 'certificate-not-active', certificateId, status: certificate.status };
    const now = this.#registry.clock.now();
    if (now > certificate.notAfter || now < certificate.notBefore)
      return { refused: 'certificate-expired', certificateId };
    return this.factsOf(certificate, clientId);
  }

  factsOf(certificate: CertificateRecord, clientId: string): RegisteredConnection {
    const { certificateId, certificateArn: principal, subject, issuer } = certificate;
    const exclusiveThingName = this.#registry.principals.exclusiveThingOf(principal);
    const thingName = exclusiveThingName ?? this.#thingNamedLike(clientId, principal);
    const thing = thingName === undefined ? undefined : this.#registry.things.get(thingName);
    return {
      certificateId,
      principal,
      facts: {
        clientId,
        certificateId,
        certificate: { subject, issuer, serialNumber: this.#serialNumberOf(certificate) },
        isAttached: thing !== undefined,
        ...(thing && {
          thingName: thing.thingName,
          thingPrincipalType: exclusiveThingName === undefined ? 'NON_EXCLUSIVE_THING' : 'EXCLUSIVE_THING',
          ...(thing.thingTypeName !== undefined && { thingTypeName: thing.thingTypeName }),
          thingAttributes: thing.attributes,
        }),
      },
      policies: this.#policies.of(principal, thing?.thingName),
      ...(exclusiveThingName !== undefined && { exclusiveThingName }),
      propagatedUserProperties: thing ? this.#propagated(thing.thingName, clientId) : [],
    };
  }

  /** Policies of any principal: a Cognito identity, or a certificate's ARN. */
  policiesInForce(principal: string, thingName?: string): PolicyInForce[] {
    return this.#policies.of(principal, thingName);
  }

  #thingNamedLike(clientId: string, principal: string): string | undefined {
    return this.#registry.principals.has(clientId, principal) ? clientId : undefined;
  }

  #serialNumberOf(certificate: CertificateRecord): string {
    let serialNumber = this.#serialNumbers.get(certificate);
    if (serialNumber === undefined) {
      serialNumber = new X509Certificate(certificate.certificatePem).serialNumber.toLowerCase();
      this.#serialNumbers.set(certificate, serialNumber);
    }
    return serialNumber;
  }

  /** Developer guide, "Propagating thing attributes for message enrichment". */
  #propagated(thingName: string, clientId: string): [string, string][] {
    const thing = this.#registry.things.describe(thingName);
    if (thing.thingTypeName === undefined) return [];
    const { properties } = this.#registry.thingTypes.describe(thing.thingTypeName);
    const values: Record<string, string | undefined> = { 'iot:ClientId': clientId, 'iot:Thing.ThingName': thingName };
    return (properties.mqtt5Configuration?.propagatingAttributes ?? []).flatMap((attribute): [string, string][] => {
      const value = attribute.thingAttribute
        ? thing.attributes[attribute.thingAttribute]
        : values[attribute.connectionAttribute ?? ''];
      return value === undefined ? [] : [[attribute.userPropertyKey!, value]];
    });
  }
}
