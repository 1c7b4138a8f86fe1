import type { CertificateRefusal, RegisteredConnection } from '../registry/connection-facts.ts';
import type { ConnectionRegistry } from '../registry/connection-facts.ts';
import type { ProvisioningClaims } from './claims.ts';
import type { JustInTime } from './just-in-time.ts';

export type DeviceRefusal =
  CertificateRefusal | { readonly refused: 'certificate-being-registered'; readonly certificateId: string };

/** Who a presented certificate is: a registered device, a temporary claim, or a newcomer of a registered CA. */
export class DeviceAdmission {
  readonly #connections: ConnectionRegistry;
  readonly #claims: ProvisioningClaims;
  readonly #justInTime: JustInTime;
  /** Registrations under way: a device that connects twice at once is registered once. */
  readonly #registering = new Map<string, Promise<unknown>>();

  constructor(connections: ConnectionRegistry, claims: ProvisioningClaims, justInTime: JustInTime) {
    this.#connections = connections;
    this.#claims = claims;
    this.#justInTime = justInTime;
  }

  /** @param certificateDer as presented in a TLS handshake that has proven possession of its key */
  async admit(certificateDer: Uint8Array, clientId: string): Promise<RegisteredConnection | DeviceRefusal> {
    const known = this.#connections.connectionFacts(certificateDer, clientId);
    if (!('refused' in known) || known.refused !== 'unknown-certificate') return known;
    const { certificateId } = known;
    const claim = this.#claims.connectionFacts(certificateId, clientId);
    if (claim) return claim;
    const registering =
      this.#registering.get(certificateId) ??
      this.#justInTime.registerUnknown(certificateDer, clientId).finally(() => this.#registering.delete(certificateId));
    this.#registering.set(certificateId, registering);
    return (await registering) ? { refused: 'certificate-being-registered', certificateId } : known;
  }
}
