import { iotArn } from '../registry/arns.ts';
import type { Registry } from '../registry/registry.ts';
import type { ProvisioningPlan } from './plan.ts';

/** The IAM rights that a template's role needs to carry out a plan: what AWS IoT does in the role's name. */
export function rightsFor(
  registry: Registry,
  plan: ProvisioningPlan,
  certificateId: string,
): [action: string, resource: string][] {
  const { account } = registry;
  const certificateArn = iotArn(account, 'cert', certificateId);
  const rights: [string, string][] = [];
  const { thing } = plan;
  if (thing) {
    const thingArn = iotArn(account, 'thing', thing.thingName);
    rights.push(['iot:DescribeThing', thingArn]);
    rights.push([registry.things.get(thing.thingName) ? 'iot:UpdateThing' : 'iot:CreateThing', thingArn]);
    for (const group of thing.thingGroups ?? []) {
      rights.push(['iot:AddThingToThingGroup', iotArn(account, 'thinggroup', group)]);
      rights.push(['iot:AddThingToThingGroup', thingArn]);
    }
    if (thing.billingGroup !== undefined) {
      rights.push(['iot:AddThingToBillingGroup', iotArn(account, 'billinggroup', thing.billingGroup)]);
    }
    if (plan.certificate) rights.push(['iot:AttachThingPrincipal', certificateArn]);
  }
  if (plan.certificate) {
    rights.push(['iot:DescribeCertificate', certificateArn], ['iot:UpdateCertificate', certificateArn]);
    for (const policy of plan.policies) {
      const policyArn = iotArn(account, 'policy', policy.policyName);
      if (policy.document !== undefined) rights.push(['iot:CreatePolicy', policyArn]);
      rights.push(['iot:AttachPolicy', certificateArn]);
    }
  }
  return rights;
}
