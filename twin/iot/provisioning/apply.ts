import { AwsError } from '../../endpoint/service.ts';
import type { CertificateRecord } from '../certificates/certificates.ts';
import { iotArn } from '../registry/arns.ts';
import type { Registry } from '../registry/registry.ts';
import type { ThingRecord } from '../registry/things.ts';
import type { PlannedCertificate, PlannedPolicy, PlannedThing, ProvisioningPlan } from './plan.ts';

/** ARNs of what a plan created or used, by logical id. */
export type ResourceArns = Readonly<Record<string, string>>;

/**
 * Carries a plan out. It must run inside `registry.atomically`: it stops at the first thing that does not fit, and what
 * it had done by then must not stay.
 *
 * @param certificate the certificate that the plan speaks of; issued or registered before
 * @throws AwsError ResourceNotFoundException, InvalidRequestException, MalformedPolicyException, LimitExceededException,
 *   ConflictingResourceUpdateException for an override setting FAIL
 */
export function applyPlan(
  registry: Registry,
  plan: ProvisioningPlan,
  certificate: CertificateRecord | undefined,
): ResourceArns {
  const arns: Record<string, string> = {};
  if (plan.thing) arns[plan.thing.logicalId] = applyThing(registry, plan.thing);
  if (plan.certificate && certificate) {
    arns[plan.certificate.logicalId] = applyCertificate(registry, plan.certificate, certificate);
    for (const policy of plan.policies)
      arns[policy.logicalId] = applyPolicy(registry, policy, certificate.certificateArn);
    if (plan.thing) {
      const { thingPrincipalType } = plan.certificate;
      registry.attachThingPrincipal(plan.thing.thingName, certificate.certificateArn, thingPrincipalType);
    }
  }
  return arns;
}

function applyThing(registry: Registry, plan: PlannedThing): string {
  const existing = registry.things.get(plan.thingName);
  const thing = existing ? overrideThing(registry, plan, existing) : createThing(registry, plan);
  return thing.thingArn;
}

function createThing(registry: Registry, plan: PlannedThing): ThingRecord {
  const thing = registry.things.create({
    thingName: plan.thingName,
    ...(plan.thingTypeName !== undefined && { thingTypeName: plan.thingTypeName }),
    ...(plan.attributes && { attributePayload: { attributes: plan.attributes } }),
    ...(plan.billingGroup !== undefined && { billingGroupName: plan.billingGroup }),
  });
  for (const group of plan.thingGroups ?? []) registry.addThingToGroup(group, plan.thingName);
  return thing;
}

/** Developer guide, "Provisioning templates", override settings: what happens to a thing that already exists. */
function overrideThing(registry: Registry, plan: PlannedThing, existing: ThingRecord): ThingRecord {
  const { overrides } = plan;
  refuseWhereFailing(plan, existing);
  const attributes = plan.attributes !== undefined && overrides.AttributePayload !== 'DO_NOTHING';
  const type = plan.thingTypeName !== undefined && overrides.ThingTypeName === 'REPLACE';
  if (attributes || type) {
    registry.things.update({
      thingName: plan.thingName,
      ...(type && { thingTypeName: plan.thingTypeName }),
      ...(attributes && {
        attributePayload: { attributes: plan.attributes!, merge: overrides.AttributePayload === 'MERGE' },
      }),
    });
  }
  if (plan.thingGroups && overrides.ThingGroups !== 'DO_NOTHING') {
    if (overrides.ThingGroups === 'REPLACE') {
      for (const group of registry.memberships.groupsOf(plan.thingName)) {
        if (!plan.thingGroups.includes(group)) registry.memberships.remove(group, plan.thingName);
      }
    }
    for (const group of plan.thingGroups) registry.addThingToGroup(group, plan.thingName);
  }
  return registry.things.describe(plan.thingName);
}

function refuseWhereFailing(plan: PlannedThing, existing: ThingRecord): void {
  const specified = {
    AttributePayload: plan.attributes !== undefined,
    ThingTypeName: plan.thingTypeName !== undefined,
    ThingGroups: plan.thingGroups !== undefined,
  };
  for (const [name, isSpecified] of Object.entries(specified) as [keyof typeof specified, boolean][]) {
    if (isSpecified && plan.overrides[name] === 'FAIL') {
      throw resourceConflict(`Thing ${existing.thingName} already exists and the template's ${name} setting is FAIL`);
    }
  }
}

function applyCertificate(registry: Registry, plan: PlannedCertificate, certificate: CertificateRecord): string {
  const pending = certificate.status === 'PENDING_ACTIVATION';
  if (!pending && certificate.status !== plan.status) {
    if (plan.override === 'FAIL') throw resourceConflict(`Certificate ${certificate.certificateId} already exists`);
    if (plan.override === 'DO_NOTHING') return certificate.certificateArn;
  }
  registry.certificates.setStatus(certificate.certificateId, plan.status);
  return certificate.certificateArn;
}

function applyPolicy(registry: Registry, plan: PlannedPolicy, principal: string): string {
  if (plan.document !== undefined && !registry.policies.table.has(plan.policyName)) {
    registry.policies.create(plan.policyName, plan.document);
  }
  registry.attachPolicy(plan.policyName, principal);
  return iotArn(registry.account, 'policy', plan.policyName);
}

function resourceConflict(message: string): AwsError {
  return new AwsError('ResourceConflictException', message, 409);
}
