import { Validations } from 'aws-cdk-lib';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnProvisioningTemplate } from 'aws-cdk-lib/aws-iot';
import { Construct } from 'constructs';
import type { DeviceClass } from '../../contracts/device-classes.ts';
import type { DeviceConfiguration, ProvisioningParameters } from '../../contracts/provisioning.ts';
import { TELEMETRY_TARGET_BYTES } from '../../contracts/telemetry.ts';
import type { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';

/** AWS IoT's limit on a template, in characters. */
export const LONGEST_TEMPLATE = 10_240;

export interface FleetProvisioningProps {
  readonly templateName: string;
  readonly deviceClass: DeviceClass;
  readonly thingTypeName: string;
  readonly thingGroupName: string;
  readonly billingGroupName: string;
  readonly policyNames: readonly string[];
  readonly hook: CellFunction;
}

/** How devices of one class get their certificate: a claim certificate, the hook's verdict, this template. */
export class FleetProvisioning extends Construct {
  readonly templateName: string;
  readonly template: CfnProvisioningTemplate;

  constructor(scope: CellStack, id: string, props: FleetProvisioningProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com'),
      description: `AWS IoT registers things by the template ${props.templateName}`,
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSIoTThingsRegistration')],
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSIoTThingsRegistration]',
      reason:
        'The policy that AWS keeps for fleet provisioning; its resources are made while it runs and have no names before.',
    });
    this.templateName = props.templateName;
    const body = JSON.stringify(templateBody(props, scope.context.cell.name));
    if (body.length > LONGEST_TEMPLATE) {
      throw new Error(`template ${props.templateName} is ${body.length} characters long, ${LONGEST_TEMPLATE} at most`);
    }
    // Without this permission provisioning fails with ACCESS_DENIED and no further reason.
    props.hook.addPermission(`${id}Invocation`, {
      principal: new ServicePrincipal('iot.amazonaws.com'),
      sourceAccount: scope.account,
      sourceArn: scope.formatArn({
        service: 'iot',
        resource: 'provisioningtemplate',
        resourceName: props.templateName,
      }),
    });
    this.template = new CfnProvisioningTemplate(this, 'Template', {
      templateName: props.templateName,
      description: `Devices of class ${props.deviceClass}`,
      enabled: true,
      provisioningRoleArn: role.roleArn,
      templateType: 'FLEET_PROVISIONING',
      preProvisioningHook: { targetArn: props.hook.functionArn, payloadVersion: '2020-04-01' },
      templateBody: body,
    });
  }
}

const PARAMETERS = ['ThingName', 'SerialNumber'] as const satisfies readonly (keyof ProvisioningParameters)[];

/** https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html */
export function templateBody(props: Omit<FleetProvisioningProps, 'hook' | 'templateName'>, cell: string): object {
  const deviceConfiguration: DeviceConfiguration = {
    cell,
    deviceClass: props.deviceClass,
    telemetryTargetBytes: String(TELEMETRY_TARGET_BYTES),
  };
  return {
    Parameters: {
      ...Object.fromEntries(PARAMETERS.map((name) => [name, { Type: 'String' }])),
      'AWS::IoT::Certificate::Id': { Type: 'String' },
    },
    Resources: {
      thing: {
        Type: 'AWS::IoT::Thing',
        OverrideSettings: { AttributePayload: 'MERGE', ThingTypeName: 'REPLACE', ThingGroups: 'REPLACE' },
        Properties: {
          ThingName: { Ref: 'ThingName' },
          ThingTypeName: props.thingTypeName,
          ThingGroups: [props.thingGroupName],
          BillingGroup: props.billingGroupName,
          AttributePayload: { serialNumber: { Ref: 'SerialNumber' } },
        },
      },
      certificate: {
        Type: 'AWS::IoT::Certificate',
        // Exclusive: policy variables then name the thing whatever the client id, and presence events carry it.
        Properties: {
          CertificateId: { Ref: 'AWS::IoT::Certificate::Id' },
          Status: 'Active',
          ThingPrincipalType: 'EXCLUSIVE_THING',
        },
      },
      ...Object.fromEntries(
        props.policyNames.map((PolicyName, index) => [
          index === 0 ? 'policy' : `policy${index + 1}`,
          { Type: 'AWS::IoT::Policy', Properties: { PolicyName } },
        ]),
      ),
    },
    DeviceConfiguration: deviceConfiguration,
  };
}
