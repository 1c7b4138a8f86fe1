import type { LambdaInvoker } from '../../lambda/invoker.ts';
import type { CertificateAuthority } from '../certificates/authority.ts';
import { OwnershipTokens } from '../certificates/ownership-tokens.ts';
import type { Publish } from '../publication.ts';
import { ConnectionRegistry } from '../registry/connection-facts.ts';
import type { Registry } from '../registry/registry.ts';
import { ProvisioningClaims } from './claims.ts';
import { CertificateIssuer } from './issuer.ts';
import { JustInTime } from './just-in-time.ts';
import type { ProvisioningLog } from './log.ts';
import type { ProvisioningRoleCheck } from './provisioner.ts';
import { Provisioner } from './provisioner.ts';
import type { RegistrationFiles } from './registration-tasks.ts';
import { RegistrationTasks } from './registration-tasks.ts';
import { ProvisioningTopics } from './provisioning-topics.ts';
import { ProvisioningTemplates } from './templates.ts';

export interface DeviceProvisioningOptions {
  readonly registry: Registry;
  readonly authority: CertificateAuthority;
  /** For the events of just-in-time registration. */
  readonly publish: Publish;
  /** Without it, templates with a hook refuse every device. */
  readonly lambda?: LambdaInvoker | undefined;
  /** Without it, template roles are not asked whether they may. */
  readonly roles?: ProvisioningRoleCheck | undefined;
  readonly log?: ProvisioningLog | undefined;
  /** Without it, there is no bulk registration. */
  readonly files?: RegistrationFiles | undefined;
  /**
   * What happens to the connection that brings a new certificate of a registered CA. AWS refuses it and the device
   * connects again; `admitted` lets it in when just-in-time provisioning made its certificate ACTIVE.
   */
  readonly firstConnection?: 'refused' | 'admitted' | undefined;
}

/** The parts of provisioning, wired. */
export interface DeviceProvisioning {
  readonly templates: ProvisioningTemplates;
  readonly tokens: OwnershipTokens;
  readonly claims: ProvisioningClaims;
  readonly issuer: CertificateIssuer;
  readonly provisioner: Provisioner;
  readonly connections: ConnectionRegistry;
  readonly justInTime: JustInTime;
  readonly registrationTasks?: RegistrationTasks;
  readonly topics: ProvisioningTopics;
  /** Ends what waits for the clock and what runs; the store may be closed then. */
  close(): Promise<void>;
}

/** Wires provisioning over a registry, and takes up the ownership tokens that earlier runs left. */
export function openProvisioning(options: DeviceProvisioningOptions): DeviceProvisioning {
  const { registry, authority, publish, lambda, roles, log, files, firstConnection } = options;
  const tokens = new OwnershipTokens(registry, (certificateId) => dropUnprovisioned(registry, certificateId));
  tokens.resume();
  const templates = new ProvisioningTemplates(registry);
  const claims = new ProvisioningClaims(registry, templates, authority);
  const issuer = new CertificateIssuer(registry, authority, lambda);
  const provisioner = new Provisioner({ registry, templates, tokens, issuer, lambda, roles });
  const connections = new ConnectionRegistry(registry, (certificateId, clientId) =>
    claims.connectionFacts(certificateId, clientId),
  );
  const justInTime = new JustInTime({ registry, templates, provisioner, publish, log, firstConnection });
  const registrationTasks = files && new RegistrationTasks(registry, issuer, files, roles);
  registrationTasks?.resume();
  return {
    templates,
    tokens,
    claims,
    issuer,
    provisioner,
    connections,
    justInTime,
    topics: new ProvisioningTopics({ registry, issuer, tokens, provisioner, log }),
    ...(registrationTasks && { registrationTasks }),
    close: async () => {
      tokens.stop();
      await registrationTasks?.close();
    },
  };
}

/** Developer guide, MQTT API: a certificate that was not activated and attached in time is deleted. */
function dropUnprovisioned(registry: Registry, certificateId: string): void {
  const certificate = registry.certificates.get(certificateId);
  if (!certificate || certificate.status !== 'PENDING_ACTIVATION') return;
  registry.removeCertificate(certificateId);
}
