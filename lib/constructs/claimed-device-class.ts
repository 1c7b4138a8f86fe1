import { CfnBillingGroup, CfnThingGroup, CfnThingType } from 'aws-cdk-lib/aws-iot';
import type { DeviceClass } from '../../contracts/device-classes.ts';
import type { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';
import { broadcastPolicyStatements, claimPolicyStatements } from './device-policies.ts';
import { FleetProvisioning } from './fleet-provisioning.ts';
import { iotPolicy, type IotStatement } from './iot-policy.ts';

export interface ClaimedDeviceClassProps {
  readonly deviceClass: DeviceClass;
  readonly description: string;
  /** Name of the thing group and of the billing group. */
  readonly group: string;
  readonly hook: CellFunction;
  /** What each of its devices may do. */
  readonly statements: readonly IotStatement[];
}

/**
 * A class of devices that get their certificate with a claim certificate: thing type, groups, the policies of its devices, the provisioning
 * template, and the policy of claim certificates, which opens this template and no other. Resources stand in the stack itself, by
 * `prefix`.
 */
export class ClaimedDeviceClass {
  readonly templateName: string;
  readonly claimPolicyName: string;

  constructor(scope: CellStack, prefix: string, props: ClaimedDeviceClassProps) {
    const { deviceClass, description, group, hook, statements } = props;
    const thingType = new CfnThingType(scope, `${prefix}Type`, {
      thingTypeName: deviceClass,
      thingTypeProperties: { thingTypeDescription: description, searchableAttributes: ['serialNumber'] },
    });
    const thingGroup = new CfnThingGroup(scope, `${prefix}Group`, { thingGroupName: group });
    const billingGroup = new CfnBillingGroup(scope, `${prefix}BillingGroup`, { billingGroupName: group });
    const policies = [
      iotPolicy(scope, `${prefix}Policy`, `iov-${deviceClass}`, statements),
      iotPolicy(
        scope,
        `${prefix}BroadcastPolicy`,
        `iov-${deviceClass}-broadcasts`,
        broadcastPolicyStatements(scope, group),
      ),
    ];
    const provisioning = new FleetProvisioning(scope, `${prefix}Provisioning`, {
      templateName: `iov-${deviceClass}`,
      deviceClass,
      thingTypeName: deviceClass,
      thingGroupName: group,
      billingGroupName: group,
      policyNames: policies.map((policy) => policy.policyName!),
      hook,
    });
    for (const required of [thingType, thingGroup, billingGroup, ...policies])
      provisioning.template.addResourceDependency(required);
    this.templateName = provisioning.templateName;
    this.claimPolicyName = `iov-${deviceClass}-claim`;
    iotPolicy(
      scope,
      `${prefix}ClaimPolicy`,
      this.claimPolicyName,
      claimPolicyStatements(scope, provisioning.templateName),
    );
  }
}
