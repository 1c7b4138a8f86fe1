import type { PolicyDocument } from '../policy-language/document.ts';

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

function allow(Action: string | string[], Resource: string | string[] = '*'): PolicyDocument {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] };
}

/** AWS's own policies, by the path and name in their ARN (AWS Managed Policy Reference Guide, read in November 2026). */
export const AWS_MANAGED_POLICIES: Readonly<Record<string, PolicyDocument>> = {
  AdministratorAccess: allow('*'),
  AWSXRayDaemonWriteAccess: allow([
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ]),
  AWSIoTDataAccess: allow([
    'iot:Connect',
    'iot:Publish',
    'iot:Subscribe',
    'iot:Receive',
    'iot:GetThingShadow',
    'iot:UpdateThingShadow',
    'iot:DeleteThingShadow',
    'iot:ListNamedShadowsForThing',
  ]),
  CloudWatchLambdaInsightsExecutionRolePolicy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'logs:CreateLogGroup', Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: 'arn:aws:logs:*:*:log-group:/aws/lambda-insights:*',
      },
    ],
  },
  'service-role/AWSLambdaBasicExecutionRole': allow(LOGS),
  'service-role/AWSLambdaVPCAccessExecutionRole': allow([
    ...LOGS,
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ]),
  'service-role/AWSLambdaMSKExecutionRole': allow([
    'kafka:DescribeCluster',
    'kafka:DescribeClusterV2',
    'kafka:GetBootstrapBrokers',
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeVpcs',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeSubnets',
    'ec2:DescribeSecurityGroups',
    ...LOGS,
  ]),
  'service-role/AWSLambdaDynamoDBExecutionRole': allow([
    'dynamodb:DescribeStream',
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:ListStreams',
    ...LOGS,
  ]),
  'service-role/AWSLambdaKinesisExecutionRole': allow([
    'kinesis:DescribeStream',
    'kinesis:DescribeStreamSummary',
    'kinesis:GetRecords',
    'kinesis:GetShardIterator',
    'kinesis:ListShards',
    'kinesis:ListStreams',
    'kinesis:SubscribeToShard',
    ...LOGS,
  ]),
  'service-role/AWSLambdaSQSQueueExecutionRole': allow([
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    ...LOGS,
  ]),
  'service-role/AWSLambdaRole': allow('lambda:InvokeFunction'),
  'service-role/AmazonAPIGatewayPushToCloudWatchLogs': allow([
    ...LOGS,
    'logs:DescribeLogGroups',
    'logs:DescribeLogStreams',
    'logs:GetLogEvents',
    'logs:FilterLogEvents',
  ]),
  'service-role/AWSIoTLogging': allow([
    ...LOGS,
    'logs:PutMetricFilter',
    'logs:PutRetentionPolicy',
    'logs:GetLogEvents',
    'logs:DeleteLogStream',
  ]),
  'service-role/AWSIoTRuleActions': allow([
    'dynamodb:PutItem',
    'kinesis:PutRecord',
    'iot:Publish',
    's3:PutObject',
    'sns:Publish',
    'sqs:SendMessage*',
    'cloudwatch:SetAlarmState',
    'cloudwatch:PutMetricData',
    'es:ESHttpPut',
    'firehose:PutRecord',
  ]),
  'service-role/AWSIoTThingsRegistration': allow([
    'iot:AddThingToThingGroup',
    'iot:AttachPolicy',
    'iot:AttachPrincipalPolicy',
    'iot:AttachThingPrincipal',
    'iot:CreateCertificateFromCsr',
    'iot:CreatePolicy',
    'iot:CreateThing',
    'iot:DescribeCertificate',
    'iot:DescribeThing',
    'iot:DescribeThingGroup',
    'iot:DescribeThingType',
    'iot:DetachPolicy',
    'iot:DetachThingPrincipal',
    'iot:GetPolicy',
    'iot:ListAttachedPolicies',
    'iot:ListPolicyPrincipals',
    'iot:ListPrincipalPolicies',
    'iot:ListPrincipalThings',
    'iot:ListTargetsForPolicy',
    'iot:ListThingGroupsForThing',
    'iot:ListThingPrincipals',
    'iot:RegisterCertificate',
    'iot:RegisterThing',
    'iot:RemoveThingFromThingGroup',
    'iot:UpdateCertificate',
    'iot:UpdateThing',
    'iot:UpdateThingGroupsForThing',
    'iot:AddThingToBillingGroup',
    'iot:DescribeBillingGroup',
    'iot:RemoveThingFromBillingGroup',
  ]),
};

const AWS_POLICY_ARN = /^arn:aws[a-z-]*:iam::aws:policy\/(.+)$/;

export function isAwsManagedPolicy(arn: string): boolean {
  return AWS_POLICY_ARN.test(arn);
}

/** The document behind an ARN such as `arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`. */
export function awsManagedPolicy(arn: string): PolicyDocument | undefined {
  const name = AWS_POLICY_ARN.exec(arn)?.[1];
  return name !== undefined && Object.hasOwn(AWS_MANAGED_POLICIES, name) ? AWS_MANAGED_POLICIES[name] : undefined;
}
