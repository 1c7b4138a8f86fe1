import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { cellOf, resources } from './cells.ts';

const stacksOf = ({
  network,
  stream,
  frontDoor,
  phones,
  downlink,
  ingest,
  consumers,
  operations,
}: ReturnType<typeof cellOf>): Stack[] => [network, stream, frontDoor, phones, downlink, ingest, consumers, operations];
const prod = stacksOf(cellOf('prod', 'eu1'));
const dev = stacksOf(cellOf('dev', 'main'));

const STATEFUL = [
  'AWS::MSK::Cluster',
  'AWS::MSK::Topic',
  'AWS::KMS::Key',
  'AWS::SecretsManager::Secret',
  'AWS::DynamoDB::Table',
  'AWS::SQS::Queue',
  'AWS::S3::Bucket',
  'AWS::Logs::LogGroup',
  'AWS::Cognito::UserPool',
];
const all = (stacks: Stack[], type: string) => stacks.flatMap((stack) => Object.values(resources(stack, type)));

describe('state', () => {
  test.each(STATEFUL)('in prod, %s outlives its stack and its replacement', (type) => {
    const found = all(prod, type);
    expect(found.length).toBeGreaterThan(0);
    for (const { DeletionPolicy, UpdateReplacePolicy } of found) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    }
  });

  test.each(STATEFUL)('in dev, %s goes with its stack', (type) => {
    for (const { DeletionPolicy } of all(dev, type)) expect(DeletionPolicy).toBe('Delete');
  });

  test('in prod, tables and the user pool refuse to be deleted', () => {
    for (const { Properties } of all(prod, 'AWS::DynamoDB::Table')) {
      expect(Properties['DeletionProtectionEnabled']).toBe(true);
    }
    expect(all(prod, 'AWS::Cognito::UserPool')[0]!.Properties['DeletionProtection']).toBe('ACTIVE');
  });

  test('tables can be put back to any second of the last weeks', () => {
    for (const { Properties } of [...all(prod, 'AWS::DynamoDB::Table'), ...all(dev, 'AWS::DynamoDB::Table')]) {
      expect(Properties['PointInTimeRecoverySpecification']).toEqual({ PointInTimeRecoveryEnabled: true });
    }
  });

  test('keys are rotated', () => {
    for (const { Properties } of all(prod, 'AWS::KMS::Key')) expect(Properties['EnableKeyRotation']).toBe(true);
  });

  test('prod stacks are protected from termination, dev stacks are not', () => {
    expect(prod.every((stack) => stack.terminationProtection)).toBe(true);
    expect(dev.some((stack) => stack.terminationProtection)).toBe(false);
  });

  test('every log group forgets, each environment after its own time', () => {
    for (const { Properties } of all(prod, 'AWS::Logs::LogGroup')) expect(Properties['RetentionInDays']).toBe(90);
    for (const { Properties } of all(dev, 'AWS::Logs::LogGroup')) expect(Properties['RetentionInDays']).toBe(7);
  });
});

test('templates stay within the limits of CloudFormation', () => {
  for (const stack of [...prod, ...dev]) {
    const text = JSON.stringify(Template.fromStack(stack).toJSON());
    expect(text.length).toBeLessThan(1_000_000);
    expect(text.match(/"Type":/g)!.length).toBeLessThan(500);
  }
});
