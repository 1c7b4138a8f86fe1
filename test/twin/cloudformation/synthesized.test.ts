import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { beforeAll, describe, expect, test } from '@jest/globals';
import { App, CfnOutput, CfnResource, Fn, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';

import { findFileAsset } from '../../../twin/cloudformation/assets.ts';
import type { LambdaInvoker } from '../../../twin/lambda/invoker.ts';
import { RecordingProvider, Twin } from './fixture.ts';

const TYPES = [
  'AWS::KMS::Key',
  'AWS::IAM::Role',
  'AWS::IAM::Policy',
  'AWS::Lambda::Function',
  'AWS::IoT::TopicRule',
  'AWS::SSM::Parameter',
];

/** An app that has what CDK apps have: stages, stacks that refer to each other, a VPC, a nested stack, a custom resource. */
function synthesize(): string {
  const app = new App({ outdir: mkdtempSync(path.join(tmpdir(), 'cdk.out-')), analyticsReporting: false });
  const dev = new Stage(app, 'dev', { env: { account: '111111111111', region: 'eu-central-1' } });
  const stream = new Stack(dev, 'Stream');
  const vpc = new Vpc(stream, 'Vpc', { maxAzs: 3 });
  const key = new Key(stream, 'Key', { removalPolicy: RemovalPolicy.DESTROY });
  const brokers = new AwsCustomResource(stream, 'Brokers', {
    onUpdate: {
      service: 'kafka',
      action: 'getBootstrapBrokers',
      parameters: { ClusterArn: key.keyArn },
      physicalResourceId: PhysicalResourceId.of('brokers'),
    },
    policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: [key.keyArn] }),
  });
  const nested = new NestedStack(stream, 'Nested');
  new CfnResource(nested, 'Inner', { type: 'AWS::SSM::Parameter', properties: { Type: 'String', Value: vpc.vpcId } });

  const ingest = new Stack(dev, 'Ingest');
  new CfnResource(ingest, 'Rule', {
    type: 'AWS::IoT::TopicRule',
    properties: {
      TopicRulePayload: {
        AwsIotSqlVersion: '2016-03-23',
        Sql: "SELECT * FROM 'dt/+'",
        Actions: [
          {
            Kafka: {
              DestinationArn: `arn:aws:iot:eu-central-1:111111111111:ruledestination/vpc/${vpc.privateSubnets[0]!.subnetId}`,
              Topic: 'iov.telemetry',
              ClientProperties: {
                'bootstrap.servers': brokers.getResponseField('BootstrapBrokerStringSaslScram'),
                'sasl.scram.username': `\${get_secret('AmazonMSK_iov','SecretString','username','${key.keyArn}')}`,
                'sasl.scram.password': Fn.sub(
                  "${!get_secret('AmazonMSK_iov','SecretString','password')} of ${AWS::Region}",
                ),
              },
            },
          },
        ],
      },
    },
  });
  new CfnOutput(ingest, 'KeyArn', { value: key.keyArn });
  const other = new Stack(new Stage(app, 'prod'), 'Other');
  new Key(other, 'Key');
  app.synth();
  return app.outdir;
}

/** Answers as CDK's own function would, over the network. */
const functions: LambdaInvoker = {
  async invoke(_, event) {
    const { ResponseURL, RequestId, StackId, LogicalResourceId } = event as Record<string, string>;
    const Data = { BootstrapBrokerStringSaslScram: 'b-1.example:9096' };
    const body = JSON.stringify({
      Status: 'SUCCESS',
      PhysicalResourceId: 'brokers',
      RequestId,
      StackId,
      LogicalResourceId,
      Data,
    });
    await fetch(ResponseURL!, { method: 'PUT', body });
    return { payload: 'null' };
  },
};

describe('what aws-cdk-lib synthesizes', () => {
  const twin = new Twin();
  const providers = TYPES.map((type) => new RecordingProvider(type));
  const lambdaFunction = providers.find(({ type }) => type === 'AWS::Lambda::Function')!;
  const rule = providers.find(({ type }) => type === 'AWS::IoT::TopicRule')!;
  let folder: string;
  beforeAll(() => void (folder = synthesize()));

  test('runs: one stage, its stacks in order, every reference resolved', async () => {
    const { account, table, stacks } = await twin.deployFolder(folder, {
      select: ['dev'],
      providers,
      invoker: functions,
      strict: true,
    });
    expect(account).toEqual({ partition: 'aws', accountId: '111111111111', region: 'eu-central-1' });
    expect(stacks.map((stack) => stack.displayName)).toEqual(['dev/Stream', 'dev/Ingest']);
    expect(table.filter((row) => row.liveness === 'unsupported')).toEqual([]);
    expect(table.find((row) => row.type === 'AWS::EC2::Subnet')).toMatchObject({ liveness: 'inert', count: 6 });
    expect(stacks[1]!.outputs['KeyArn']).toMatch(/^arn:aws:kms:eu-central-1:111111111111:Key/);
    const { Actions } = rule.requests[0]!.properties['TopicRulePayload'] as { Actions: [{ Kafka: unknown }] };
    expect(Actions[0].Kafka).toEqual({
      DestinationArn: expect.stringMatching(/ruledestination\/vpc\/subnet-[0-9a-f]{17}$/),
      Topic: 'iov.telemetry',
      ClientProperties: {
        'bootstrap.servers': 'b-1.example:9096',
        'sasl.scram.username': `\${get_secret('AmazonMSK_iov','SecretString','username','${stacks[1]!.outputs['KeyArn']}')}`,
        'sasl.scram.password': "${get_secret('AmazonMSK_iov','SecretString','password')} of eu-central-1",
      },
    });
    expect(JSON.stringify(stacks)).not.toMatch(/"Fn::|"Ref"/);
  });

  test('lets a Lambda provider find the code that the function names', () => {
    const { properties, assemblyFolder } = lambdaFunction.requests[0]!;
    const asset = findFileAsset(assemblyFolder, String((properties['Code'] as Record<string, unknown>)['S3Key']));
    expect(asset).toMatchObject({ packaging: 'zip' });
    expect(existsSync(path.join(asset!.path, 'index.js'))).toBe(true);
  });

  test('is left alone at the next start', async () => {
    for (const provider of providers) provider.calls.length = 0;
    await twin.deployFolder(folder, { select: ['dev'], providers });
    expect(providers.flatMap((provider) => provider.calls)).toEqual([]);
    expect(new Set(twin.progress.map((event) => event.action))).toEqual(new Set(['unchanged']));
  });
});
