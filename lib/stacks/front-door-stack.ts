import { CfnOutput, Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDomainConfiguration, CfnLogging } from 'aws-cdk-lib/aws-iot';
import type { Construct } from 'constructs';
import { acknowledgeWildcard, nagArn } from '../constructs/acknowledge.ts';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellCustomResource } from '../constructs/cell-custom-resource.ts';
import { CellFunction } from '../constructs/cell-function.ts';
import { CellStack } from '../constructs/cell-stack.ts';
import { ClaimedDeviceClass } from '../constructs/claimed-device-class.ts';
import { roadsideUnitPolicyStatements, vehiclePolicyStatements } from '../constructs/device-policies.ts';
import { TLS_POLICY } from '../constructs/tls-policy.ts';

/** Registry events that the backbone publishes ($aws/events/…). Presence events need no setting. */
const REGISTRY_EVENTS = ['THING', 'CERTIFICATE', 'POLICY', 'JOB', 'JOB_EXECUTION'];

/** AWS IoT Core as devices meet it: how they get an identity, and what each identity may do. */
export class FrontDoorStack extends CellStack {
  /** Host name of the account's own data endpoint. */
  readonly dataEndpoint: string;

  constructor(scope: Construct, context: CellContext) {
    super(scope, 'FrontDoor', context, {
      description: 'AWS IoT identities, policies and provisioning of the IoV backbone',
    });
    this.#createLogging();
    this.dataEndpoint = this.#createAccountSettings();
    new CfnDomainConfiguration(this, 'Domain', {
      domainConfigurationName: this.physicalName('devices'),
      serviceType: 'DATA',
      tlsConfig: { securityPolicy: TLS_POLICY },
    });
    const hook = this.#createHook();
    const vehicles = new ClaimedDeviceClass(this, 'Vehicle', {
      ...{ deviceClass: 'vehicle', description: 'A vehicle', group: 'vehicles', hook },
      statements: vehiclePolicyStatements(this),
    });
    const roadsideUnits = new ClaimedDeviceClass(this, 'Rsu', {
      ...{ deviceClass: 'rsu', description: 'A roadside unit', group: 'rsus', hook },
      statements: roadsideUnitPolicyStatements(this),
    });
    // A claim certificate's key must never be in CloudFormation: an operator makes it and attaches this policy.
    new CfnOutput(this, 'ProvisioningTemplateName', { value: vehicles.templateName });
    new CfnOutput(this, 'ClaimPolicyName', { value: vehicles.claimPolicyName });
    new CfnOutput(this, 'RsuProvisioningTemplateName', { value: roadsideUnits.templateName });
    new CfnOutput(this, 'RsuClaimPolicyName', { value: roadsideUnits.claimPolicyName });
    new CfnOutput(this, 'DataEndpoint', { value: this.dataEndpoint });
  }

  #createHook(): CellFunction {
    const hook = new CellFunction(this, 'ProvisioningHook', 'provisioning-hook', {
      description: 'Decides whether a device gets the identity that it asks for',
      // AWS IoT waits five seconds; a verdict after that is lost.
      timeout: Duration.seconds(5),
      memorySize: 512,
    });
    hook.addToRolePolicy(
      new PolicyStatement({
        actions: ['iot:DescribeThing'],
        resources: [this.formatArn({ service: 'iot', resource: 'thing', resourceName: '*' })],
      }),
    );
    acknowledgeWildcard(
      hook.role!,
      nagArn(this, 'iot', 'thing/*'),
      'Whether a thing name is taken can be asked of any thing; names are not known beforehand.',
    );
    return hook;
  }

  /** One per account and Region, which is why a cell has both to itself. */
  #createLogging(): void {
    const role = new Role(this, 'LoggingRole', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com'),
      description: 'AWS IoT writes its logs',
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:PutRetentionPolicy'],
        resources: [this.formatArn({ service: 'logs', resource: 'log-group:AWSIotLogsV2:*' })],
      }),
    );
    acknowledgeWildcard(
      role,
      nagArn(this, 'logs', 'log-group:AWSIotLogsV2:*'),
      'The streams within the log group of AWS IoT are named by AWS IoT.',
    );
    const logging = new CfnLogging(this, 'Logging', {
      accountId: this.account,
      defaultLogLevel: this.context.environment.iotLogLevel,
      roleArn: role.roleArn,
    });
    logging.node.addDependency(role);
  }

  /** Settings that CloudFormation has no resource for. They are the account's: nothing undoes them when the stack goes. */
  #createAccountSettings(): string {
    const everything = (...actions: string[]) => new PolicyStatement({ actions, resources: ['*'] });
    const settings = new CellCustomResource(this, 'IotAccountSettings', 'iot-account-settings', {
      description: 'Switches on registry events and fleet indexing, one setting per account and Region',
      timeout: Duration.minutes(1),
      grants: [everything('iot:UpdateEventConfigurations', 'iot:UpdateIndexingConfiguration')],
      properties: { Events: REGISTRY_EVENTS },
    });
    const endpoints = new CellCustomResource(this, 'IotEndpoints', 'iot-endpoints', {
      description: "Gives the account's own AWS IoT endpoint",
      timeout: Duration.minutes(1),
      grants: [everything('iot:DescribeEndpoint')],
    });
    for (const { provider } of [settings, endpoints])
      acknowledgeWildcard(
        provider.role!,
        '*',
        'These calls concern the account: AWS IoT defines no resource for them.',
      );
    return endpoints.getAttString('Data');
  }
}
