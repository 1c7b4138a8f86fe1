import { Duration } from 'aws-cdk-lib';
import type { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRuleDestination } from 'aws-cdk-lib/aws-iot';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge.ts';
import { CellCustomResource } from './cell-custom-resource.ts';
import type { CellStack } from './cell-stack.ts';

interface RuleDestinationProps {
  readonly vpc: Vpc;
  readonly securityGroup: SecurityGroup;
}

/**
 * AWS IoT's way into the VPC: a network interface in each subnet, shared by every rule (an account has five destinations a Region at most).
 * The order of creation and deletion matters. The role's policy exists before the destination and outlives it: without it creation fails
 * with an internal error, and deletion leaves interfaces behind that keep the VPC from going. Rules come after `ready`, since one
 * that is created before the destination is ENABLED loses its first messages.
 */
export class RuleDestination extends Construct {
  /** The Arn attribute: `Ref` of this resource type is something else. */
  readonly arn: string;
  /** What rules depend on. */
  readonly ready: CellCustomResource;

  constructor(scope: CellStack, id: string, { vpc, securityGroup }: RuleDestinationProps) {
    super(scope, id);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com'),
      description: 'AWS IoT makes network interfaces in the VPC',
    });
    const policy = new Policy(this, 'Policy', { roles: [role], statements: interfaceStatements() });
    acknowledgeWildcard(
      policy,
      '*',
      "AWS IoT's documented minimum: EC2 names no resource for describing and creating interfaces; the rest is bound by tag.",
    );
    const destination = new CfnTopicRuleDestination(this, 'Destination', {
      vpcProperties: {
        vpcId: vpc.vpcId,
        subnetIds: vpc.isolatedSubnets.map((subnet) => subnet.subnetId),
        securityGroups: [securityGroup.securityGroupId],
        roleArn: role.roleArn,
      },
    });
    destination.node.addDependency(policy);
    this.arn = destination.attrArn;
    this.ready = new CellCustomResource(scope, 'RuleDestinationReady', 'rule-destination-ready', {
      description: 'Waits until the VPC destination of the rules is enabled',
      timeout: Duration.minutes(15),
      grants: [new PolicyStatement({ actions: ['iot:GetTopicRuleDestination'], resources: [this.arn] })],
      properties: { DestinationArn: this.arn },
    });
  }
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/kafka-vpc-destination.html */
function interfaceStatements(): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeVpcs',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcAttribute',
        'ec2:DescribeSecurityGroups',
      ],
      resources: ['*'],
    }),
    new PolicyStatement({
      actions: ['ec2:CreateNetworkInterfacePermission'],
      resources: ['*'],
      conditions: { StringEquals: { 'ec2:ResourceTag/VPCDestinationENI': 'true' } },
    }),
    new PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: ['*'],
      conditions: {
        StringEquals: { 'ec2:CreateAction': 'CreateNetworkInterface', 'aws:RequestTag/VPCDestinationENI': 'true' },
      },
    }),
  ];
}
