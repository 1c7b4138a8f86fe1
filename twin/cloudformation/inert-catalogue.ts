/**
 * Resource types that change nothing of what an app does locally, and why. As data, so that what the twin does not do
 * can be read in one place.
 */
export interface InertType {
  /** Shown in the table of resource types. */
  readonly reason: string;
  /** Pattern of what `Ref` gives, in AWS's own form; see `inert-resource.ts` for the placeholders. */
  readonly id: string;
  /** Patterns of what `Fn::GetAtt` gives, by attribute. A list stays a list. */
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
}

export type InertCatalogue = Readonly<Record<string, InertType>>;

const NETWORK = 'everything of the twin is on the loopback interface';
const OBSERVATION = 'watches; the app does not depend on it';
const GOVERNANCE = 'accounts, audits or bills; nothing to account for locally';
const NAMES = 'the twin answers on localhost, whatever the name';
const LABEL = 'only a label or record';
const SCALING = 'capacity is the machine that the twin runs on';

const plain = (reason: string, id: string): InertType => ({ reason, id });
const withArn = (reason: string, id: string, arn: string): InertType => ({ reason, id, attributes: { Arn: arn } });

export const INERT_CATALOGUE: InertCatalogue = {
  'AWS::CDK::Metadata': plain(LABEL, '{hex}'),
  'AWS::CloudFormation::WaitConditionHandle': plain(
    LABEL,
    'https://cloudformation-waitcondition-{region}.s3.{region}.amazonaws.com/{hex}',
  ),

  'AWS::EC2::VPC': {
    reason: NETWORK,
    id: 'vpc-{hex}',
    attributes: {
      VpcId: '{id}',
      CidrBlock: '{property:CidrBlock}',
      CidrBlockAssociations: ['vpc-cidr-assoc-{hex:cidr}'],
      DefaultNetworkAcl: 'acl-{hex:acl}',
      DefaultSecurityGroup: 'sg-{hex:default}',
      Ipv6CidrBlocks: [],
    },
  },
  'AWS::EC2::Subnet': {
    reason: NETWORK,
    id: 'subnet-{hex}',
    attributes: {
      SubnetId: '{id}',
      VpcId: '{property:VpcId}',
      AvailabilityZone: '{property:AvailabilityZone}',
      AvailabilityZoneId: '{property:AvailabilityZoneId}',
      CidrBlock: '{property:CidrBlock}',
      NetworkAclAssociationId: 'aclassoc-{hex:acl}',
      Ipv6CidrBlocks: [],
    },
  },
  'AWS::EC2::SecurityGroup': {
    reason: NETWORK,
    id: 'sg-{hex}',
    attributes: { GroupId: '{id}', Id: '{id}', VpcId: '{property:VpcId}' },
  },
  'AWS::EC2::SecurityGroupIngress': { reason: NETWORK, id: 'sgr-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::SecurityGroupEgress': { reason: NETWORK, id: 'sgr-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::RouteTable': { reason: NETWORK, id: 'rtb-{hex}', attributes: { RouteTableId: '{id}' } },
  'AWS::EC2::SubnetRouteTableAssociation': { reason: NETWORK, id: 'rtbassoc-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::GatewayRouteTableAssociation': {
    reason: NETWORK,
    id: 'rtbassoc-{hex}',
    attributes: { AssociationId: '{id}' },
  },
  'AWS::EC2::Route': plain(NETWORK, '{property:RouteTableId}|{property:DestinationCidrBlock}'),
  'AWS::EC2::InternetGateway': { reason: NETWORK, id: 'igw-{hex}', attributes: { InternetGatewayId: '{id}' } },
  'AWS::EC2::EgressOnlyInternetGateway': { reason: NETWORK, id: 'eigw-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::VPCGatewayAttachment': {
    reason: NETWORK,
    id: 'IGW|{property:VpcId}',
    attributes: { AttachmentType: 'IGW' },
  },
  'AWS::EC2::EIP': {
    reason: NETWORK,
    id: '192.0.2.{octet}',
    attributes: { AllocationId: 'eipalloc-{hex}', PublicIp: '{id}' },
  },
  'AWS::EC2::EIPAssociation': { reason: NETWORK, id: 'eipassoc-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::NatGateway': {
    reason: NETWORK,
    id: 'nat-{hex}',
    attributes: { NatGatewayId: '{id}', EniId: 'eni-{hex:eni}' },
  },
  'AWS::EC2::NetworkAcl': { reason: NETWORK, id: 'acl-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::NetworkAclEntry': { reason: NETWORK, id: 'aclentry-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::SubnetNetworkAclAssociation': {
    reason: NETWORK,
    id: 'aclassoc-{hex}',
    attributes: { AssociationId: '{id}' },
  },
  'AWS::EC2::NetworkInterface': {
    reason: NETWORK,
    id: 'eni-{hex}',
    attributes: { Id: '{id}', PrimaryPrivateIpAddress: '127.0.0.1', SecondaryPrivateIpAddresses: [] },
  },
  'AWS::EC2::VPCEndpoint': {
    reason: NETWORK,
    id: 'vpce-{hex}',
    attributes: {
      Id: '{id}',
      CreationTimestamp: '2026-01-01T00:00:00.000Z',
      DnsEntries: ['Z{hex:zone}:{id}.vpce.{region}.{suffix}'],
      NetworkInterfaceIds: ['eni-{hex:eni}'],
    },
  },
  'AWS::EC2::VPCCidrBlock': { reason: NETWORK, id: 'vpc-cidr-assoc-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::SubnetCidrBlock': { reason: NETWORK, id: 'subnet-cidr-assoc-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::DHCPOptions': { reason: NETWORK, id: 'dopt-{hex}', attributes: { DhcpOptionsId: '{id}' } },
  'AWS::EC2::VPCDHCPOptionsAssociation': plain(NETWORK, '{property:DhcpOptionsId}|{property:VpcId}'),
  'AWS::EC2::VPCPeeringConnection': { reason: NETWORK, id: 'pcx-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::PrefixList': {
    reason: NETWORK,
    id: 'pl-{hex}',
    attributes: { PrefixListId: '{id}', Arn: '{arn:ec2}:prefix-list/{id}', OwnerId: '{account}', Version: '1' },
  },
  'AWS::EC2::TransitGateway': {
    reason: NETWORK,
    id: 'tgw-{hex}',
    attributes: { Id: '{id}', TransitGatewayArn: '{arn:ec2}:transit-gateway/{id}' },
  },
  'AWS::EC2::TransitGatewayAttachment': { reason: NETWORK, id: 'tgw-attach-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::TransitGatewayVpcAttachment': { reason: NETWORK, id: 'tgw-attach-{hex}', attributes: { Id: '{id}' } },
  'AWS::EC2::FlowLog': { reason: OBSERVATION, id: 'fl-{hex}', attributes: { Id: '{id}' } },

  'AWS::CloudWatch::Alarm': withArn(OBSERVATION, '{name:AlarmName}', '{arn:cloudwatch}:alarm:{id}'),
  'AWS::CloudWatch::CompositeAlarm': withArn(OBSERVATION, '{name:AlarmName}', '{arn:cloudwatch}:alarm:{id}'),
  'AWS::CloudWatch::AnomalyDetector': { reason: OBSERVATION, id: '{hex}', attributes: { Id: '{id}' } },
  'AWS::CloudWatch::Dashboard': plain(OBSERVATION, '{name:DashboardName}'),
  'AWS::CloudWatch::InsightRule': {
    reason: OBSERVATION,
    id: '{arn:cloudwatch}:insight-rule/{property:RuleName}',
    attributes: { Arn: '{id}', RuleName: '{property:RuleName}' },
  },
  'AWS::CloudWatch::MetricStream': withArn(OBSERVATION, '{name:Name}', '{arn:cloudwatch}:metric-stream/{id}'),
  'AWS::Logs::LogGroup': withArn(
    'logs are in the terminal and the state folder',
    '{name:LogGroupName}',
    '{arn:logs}:log-group:{id}:*',
  ),
  'AWS::Logs::LogStream': plain(OBSERVATION, '{name:LogStreamName}'),
  'AWS::Logs::MetricFilter': plain(OBSERVATION, '{name:FilterName}'),
  'AWS::Logs::QueryDefinition': { reason: OBSERVATION, id: '{uuid}', attributes: { QueryDefinitionId: '{id}' } },
  'AWS::Logs::ResourcePolicy': plain(OBSERVATION, '{name:PolicyName}'),
  'AWS::Logs::AccountPolicy': plain(OBSERVATION, '{name:PolicyName}'),
  'AWS::Logs::LogAnomalyDetector': {
    reason: OBSERVATION,
    id: '{arn:logs}:anomaly-detector:{uuid}',
    attributes: { AnomalyDetectorArn: '{id}' },
  },
  'AWS::XRay::Group': {
    reason: OBSERVATION,
    id: '{arn:xray}:group/{property:GroupName}/{hex}',
    attributes: { GroupARN: '{id}' },
  },
  'AWS::XRay::SamplingRule': {
    reason: OBSERVATION,
    id: '{arn:xray}:sampling-rule/{hex}',
    attributes: { RuleARN: '{id}' },
  },
  'AWS::ApplicationInsights::Application': {
    reason: OBSERVATION,
    id: '{property:ResourceGroupName}',
    attributes: { ApplicationARN: '{arn:applicationinsights}:application/resource-group/{id}' },
  },
  'AWS::Oam::Link': withArn(OBSERVATION, '{arn:oam}:link/{uuid}', '{id}'),
  'AWS::Oam::Sink': withArn(OBSERVATION, '{arn:oam}:sink/{uuid}', '{id}'),
  'AWS::Chatbot::SlackChannelConfiguration': withArn(
    OBSERVATION,
    'arn:{partition}:chatbot::{account}:chat-configuration/slack-channel/{property:ConfigurationName}',
    '{id}',
  ),
  'AWS::ApiGateway::Account': { reason: OBSERVATION, id: '{hex}', attributes: { Id: '{id}' } },
  'AWS::IoT::Logging': plain(OBSERVATION, '{account}'),
  'AWS::IoT::ResourceSpecificLogging': {
    reason: OBSERVATION,
    id: '{property:TargetType}:{property:TargetName}',
    attributes: { TargetId: '{id}' },
  },
  'AWS::IoT::AccountAuditConfiguration': plain(GOVERNANCE, '{account}'),
  'AWS::IoT::ScheduledAudit': {
    reason: GOVERNANCE,
    id: '{name:ScheduledAuditName}',
    attributes: { ScheduledAuditArn: '{arn:iot}:scheduledaudit/{id}' },
  },
  'AWS::IoT::SecurityProfile': {
    reason: OBSERVATION,
    id: '{name:SecurityProfileName}',
    attributes: { SecurityProfileArn: '{arn:iot}:securityprofile/{id}' },
  },
  'AWS::IoT::MitigationAction': {
    reason: GOVERNANCE,
    id: '{name:ActionName}',
    attributes: { MitigationActionArn: '{arn:iot}:mitigationaction/{id}', MitigationActionId: '{uuid}' },
  },
  'AWS::IoT::Dimension': withArn(OBSERVATION, '{name:Name}', '{arn:iot}:dimension/{id}'),
  'AWS::IoT::CustomMetric': {
    reason: OBSERVATION,
    id: '{name:MetricName}',
    attributes: { MetricArn: '{arn:iot}:custommetric/{id}' },
  },
  'AWS::IoT::FleetMetric': {
    reason: OBSERVATION,
    id: '{property:MetricName}',
    attributes: { MetricArn: '{arn:iot}:fleetmetric/{id}' },
  },

  'AWS::Budgets::Budget': plain(GOVERNANCE, '{name:BudgetName}'),
  'AWS::Budgets::BudgetsAction': { reason: GOVERNANCE, id: '{uuid}', attributes: { ActionId: '{id}' } },
  'AWS::CE::AnomalyMonitor': {
    reason: GOVERNANCE,
    id: 'arn:{partition}:ce::{account}:anomalymonitor/{uuid}',
    attributes: { MonitorArn: '{id}' },
  },
  'AWS::CE::AnomalySubscription': {
    reason: GOVERNANCE,
    id: 'arn:{partition}:ce::{account}:anomalysubscription/{uuid}',
    attributes: { SubscriptionArn: '{id}' },
  },
  'AWS::CE::CostCategory': withArn(GOVERNANCE, 'arn:{partition}:ce::{account}:costcategory/{uuid}', '{id}'),
  'AWS::CUR::ReportDefinition': plain(GOVERNANCE, '{name:ReportName}'),
  'AWS::CloudTrail::Trail': withArn(GOVERNANCE, '{name:TrailName}', '{arn:cloudtrail}:trail/{id}'),
  'AWS::Config::ConfigRule': {
    reason: GOVERNANCE,
    id: '{name:ConfigRuleName}',
    attributes: { Arn: '{arn:config}:config-rule/{hex}', ConfigRuleId: 'config-rule-{hex}' },
  },
  'AWS::Config::ConfigurationRecorder': plain(GOVERNANCE, '{name:Name}'),
  'AWS::Config::DeliveryChannel': plain(GOVERNANCE, '{name:Name}'),
  'AWS::GuardDuty::Detector': { reason: GOVERNANCE, id: '{hex}', attributes: { Id: '{id}' } },
  'AWS::SecurityHub::Hub': { reason: GOVERNANCE, id: '{arn:securityhub}:hub/default', attributes: { ARN: '{id}' } },
  'AWS::AccessAnalyzer::Analyzer': withArn(GOVERNANCE, '{arn:access-analyzer}:analyzer/{hex}', '{id}'),
  'AWS::Backup::BackupPlan': {
    reason: GOVERNANCE,
    id: '{uuid}',
    attributes: { BackupPlanId: '{id}', BackupPlanArn: '{arn:backup}:backup-plan:{id}', VersionId: '{hex}' },
  },
  'AWS::Backup::BackupSelection': {
    reason: GOVERNANCE,
    id: '{uuid}',
    attributes: { Id: '{id}', SelectionId: '{id}', BackupPlanId: '{property:BackupPlanId}' },
  },
  'AWS::Backup::BackupVault': {
    reason: GOVERNANCE,
    id: '{name:BackupVaultName}',
    attributes: { BackupVaultName: '{id}', BackupVaultArn: '{arn:backup}:backup-vault:{id}' },
  },
  'AWS::ResourceGroups::Group': withArn(LABEL, '{name:Name}', '{arn:resource-groups}:group/{id}'),
  'AWS::ServiceCatalogAppRegistry::Application': {
    reason: LABEL,
    id: '{hex}',
    attributes: { Id: '{id}', Arn: '{arn:servicecatalog}:/applications/{id}', ApplicationName: '{property:Name}' },
  },
  'AWS::ServiceCatalogAppRegistry::ResourceAssociation': { reason: LABEL, id: '{hex}', attributes: { Id: '{id}' } },
  'AWS::SSM::Document': plain(LABEL, '{name:Name}'),
  'AWS::SSM::MaintenanceWindow': plain(GOVERNANCE, 'mw-{hex}'),

  'AWS::IAM::ServiceLinkedRole': {
    reason: 'services of the twin need no role of their own',
    id: '{property:AWSServiceName}',
    attributes: { RoleName: '{id}' },
  },
  'AWS::IAM::OIDCProvider': withArn('nobody federates into the twin', '{globalarn:iam}:oidc-provider/{hex}', '{id}'),
  'AWS::IAM::SAMLProvider': withArn('nobody federates into the twin', '{globalarn:iam}:saml-provider/{hex}', '{id}'),
  'AWS::KMS::ReplicaKey': {
    reason: 'one Region',
    id: '{uuid}',
    attributes: { Arn: '{arn:kms}:key/{id}', KeyId: '{id}' },
  },
  'AWS::KMS::Alias': plain(LABEL, '{property:AliasName}'),

  'AWS::Route53::HostedZone': {
    reason: NAMES,
    id: 'Z{HEX}',
    attributes: { Id: '{id}', NameServers: ['ns-1.awsdns-00.com', 'ns-2.awsdns-00.net'] },
  },
  'AWS::Route53::RecordSet': plain(NAMES, '{property:Name}'),
  'AWS::Route53::RecordSetGroup': plain(NAMES, '{hex}'),
  'AWS::Route53::HealthCheck': { reason: OBSERVATION, id: '{uuid}', attributes: { HealthCheckId: '{id}' } },
  'AWS::CertificateManager::Certificate': withArn(
    'certificates of the twin come from its own authority',
    '{arn:acm}:certificate/{uuid}',
    '{id}',
  ),
  'AWS::ServiceDiscovery::PrivateDnsNamespace': {
    reason: NAMES,
    id: 'ns-{hex}',
    attributes: { Id: '{id}', Arn: '{arn:servicediscovery}:namespace/{id}', HostedZoneId: 'Z{HEX}' },
  },

  'AWS::ApplicationAutoScaling::ScalableTarget': { reason: SCALING, id: '{hex}', attributes: { Id: '{id}' } },
  'AWS::ApplicationAutoScaling::ScalingPolicy': withArn(SCALING, '{arn:autoscaling}:scalingPolicy:{uuid}', '{id}'),
};
