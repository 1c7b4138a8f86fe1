import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { FUNCTIONS } from '../../lib/bundling/lambda-code.ts';
import { cellOf, resources } from './cells.ts';

const cell = cellOf('dev', 'main');
const stacks: Stack[] = [
  cell.network,
  cell.stream,
  cell.frontDoor,
  cell.phones,
  cell.downlink,
  cell.ingest,
  cell.consumers,
  cell.operations,
];

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

const statements = stacks.flatMap((stack) =>
  Object.values(resources(stack, 'AWS::IAM::Policy')).flatMap(
    ({ Properties }) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement,
  ),
);
const actionsOf = ({ Action }: Statement): string[] => [Action].flat();

/** Actions for which the service authorization reference names no resource. */
const WITHOUT_RESOURCE = [
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:CreateTags',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcAttribute',
  'ec2:DescribeVpcs',
  'iot:DescribeEndpoint',
  'iot:UpdateEventConfigurations',
  'iot:UpdateIndexingConfiguration',
];

describe('roles', () => {
  test('name their actions, one by one', () => {
    expect(statements.flatMap(actionsOf).filter((action) => action.includes('*'))).toEqual([]);
  });

  test('have * for a resource only where no resource can be named', () => {
    const wide = statements.filter(({ Resource }) => Resource === '*').flatMap(actionsOf);
    expect([...new Set(wide)].sort()).toEqual(WITHOUT_RESOURCE);
  });

  test('end a resource in * only where the things are not known beforehand', () => {
    const open = statements.filter((each) => each.Resource !== '*' && JSON.stringify(each.Resource).includes('*'));
    expect([...new Set(open.flatMap(actionsOf))].sort()).toEqual([
      'iot:DescribeThing',
      'iot:Publish',
      'iot:SendDirectMessage',
      'logs:CreateLogGroup',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'logs:PutRetentionPolicy',
      's3:PutObject',
    ]);
  });

  test('are one for each function', () => {
    const roles = stacks.flatMap((stack) =>
      Object.values(resources(stack, 'AWS::Lambda::Function')).map(({ Properties }) =>
        JSON.stringify(Properties['Role']),
      ),
    );
    expect(roles).toHaveLength(FUNCTIONS.length);
    expect(new Set(roles).size).toBe(roles.length);
  });

  test('of functions start from nothing: no managed policy but the one for fleet provisioning', () => {
    const managed = stacks.flatMap((stack) =>
      Object.values(resources(stack, 'AWS::IAM::Role')).flatMap(
        ({ Properties }) => Properties['ManagedPolicyArns'] ?? [],
      ),
    );
    // One for each class of devices that register by claim.
    expect(managed).toHaveLength(2);
    for (const policy of managed) expect(JSON.stringify(policy)).toContain('service-role/AWSIoTThingsRegistration');
  });
});

describe('functions', () => {
  const functions = stacks.flatMap((stack) => Object.values(resources(stack, 'AWS::Lambda::Function')));

  test('run on arm64 with Node 24 and hold no secret in their environment', () => {
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x' });
      const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
      expect(Object.keys(Variables).filter((name) => /secret|password|token|key/i.test(name))).toEqual([]);
    }
  });

  test('come after their rights', () => {
    for (const { DependsOn } of functions) expect(DependsOn?.some((id) => id.includes('RoleDefaultPolicy'))).toBe(true);
  });
});
