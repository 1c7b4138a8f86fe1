import type { CfnSubnet } from 'aws-cdk-lib/aws-ec2';
import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellStack } from '../constructs/cell-stack.ts';

/**
 * The VPC of a cell: isolated subnets in three zones, for the brokers and for the network interfaces of AWS IoT's rule destination. No
 * internet gateway and no NAT: what Kafka event sources poll with (Lambda, STS, Secrets Manager) is reached through endpoints.
 */
export class NetworkStack extends CellStack {
  readonly vpc: Vpc;
  /** Of the brokers, and of event sources that poll them. */
  readonly brokerSecurityGroup: SecurityGroup;
  /** Of the network interfaces that AWS IoT puts into the VPC. */
  readonly ruleDestinationSecurityGroup: SecurityGroup;

  constructor(scope: Construct, context: CellContext) {
    super(scope, 'Network', context, { description: 'VPC, endpoints and security groups of the IoV backbone' });
    this.vpc = this.#createVpc();
    this.ruleDestinationSecurityGroup = new SecurityGroup(this, 'RuleDestinationSecurityGroup', {
      vpc: this.vpc,
      description: 'Network interfaces of the AWS IoT rule destination',
      allowAllOutbound: false,
    });
    this.brokerSecurityGroup = new SecurityGroup(this, 'BrokerSecurityGroup', {
      vpc: this.vpc,
      description: 'Kafka brokers and what polls them from their subnets',
      allowAllOutbound: false,
    });
    this.#connectKafka();
    this.#createEndpoints();
  }

  #createVpc(): Vpc {
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(this.context.cell.cidr),
      availabilityZones: [...this.context.cell.zones],
      subnetConfiguration: [{ name: 'Kafka', subnetType: SubnetType.PRIVATE_ISOLATED }],
      // The rule destination resolves the brokers' names within the VPC.
      enableDnsSupport: true,
      enableDnsHostnames: true,
      restrictDefaultSecurityGroup: false,
    });
    // By zone id: the name us-east-1a is another zone in every account, and some zones take neither MSK nor rule destinations.
    vpc.isolatedSubnets.forEach((subnet, index) => {
      const resource = subnet.node.defaultChild as CfnSubnet;
      resource.availabilityZone = undefined;
      resource.availabilityZoneId = this.context.cell.zones[index];
    });
    vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogs', {
          retention: this.context.environment.logRetentionDays,
          removalPolicy: this.removalPolicy,
        }),
      ),
    });
    return vpc;
  }

  /** 9096 is SASL/SCRAM, 9098 IAM. An event source's pollers share the brokers' group, so the group admits itself. */
  #connectKafka(): void {
    const { brokerSecurityGroup: brokers, ruleDestinationSecurityGroup: destination } = this;
    brokers.addIngressRule(destination, Port.tcp(9096), 'AWS IoT rules, SASL/SCRAM');
    destination.addEgressRule(brokers, Port.tcp(9096), 'Kafka, SASL/SCRAM');
    for (const [port, name] of [
      [9096, 'SASL/SCRAM'],
      [9098, 'IAM'],
    ] as const) {
      brokers.addIngressRule(brokers, Port.tcp(port), `Event sources, ${name}`);
      brokers.addEgressRule(brokers, Port.tcp(port), `Event sources, ${name}`);
    }
    brokers.addEgressRule(Peer.ipv4(this.vpc.vpcCidrBlock), Port.tcp(443), 'Endpoints of AWS services');
  }

  #createEndpoints(): void {
    this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    this.vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    const securityGroup = new SecurityGroup(this, 'EndpointSecurityGroup', {
      vpc: this.vpc,
      description: 'Endpoints of AWS services',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(this.brokerSecurityGroup, Port.tcp(443), 'Event sources');
    const services = {
      Lambda: InterfaceVpcEndpointAwsService.LAMBDA,
      Sts: InterfaceVpcEndpointAwsService.STS,
      SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    };
    for (const [name, service] of Object.entries(services)) {
      this.vpc.addInterfaceEndpoint(name, { service, open: false, securityGroups: [securityGroup] });
    }
  }
}
