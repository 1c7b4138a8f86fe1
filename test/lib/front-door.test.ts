import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { LONGEST_POLICY } from '../../lib/constructs/iot-policy.ts';
import type { templateBody } from '../../lib/constructs/fleet-provisioning.ts';
import { cellOf, resources } from './cells.ts';

const { frontDoor } = cellOf('dev', 'main');

interface Statement {
  readonly Action: string[];
  readonly Resource: { 'Fn::Join': [string, (string | object)[]] }[];
  readonly Condition?: Record<string, unknown>;
}

/** What comes after `arn:…:iot:<region>:<account>:`, as text. */
const resourceOf = (arn: Statement['Resource'][number]): string => String(arn['Fn::Join'][1].at(-1)).slice(1);

function policy(name: string): { readonly Version: string; readonly Statement: Statement[] } {
  const found = Object.values(resources(frontDoor, 'AWS::IoT::Policy')).find(
    (each) => each.Properties['PolicyName'] === name,
  )!;
  return found.Properties['PolicyDocument'] as { Version: string; Statement: Statement[] };
}

const allowed = (name: string) =>
  policy(name)
    .Statement.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((arn) => `${action} ${resourceOf(arn)}`)),
    )
    .sort();

const THING = '${iot:Connection.Thing.ThingName}';

describe('the policy of vehicles', () => {
  test('allows exactly this', () => {
    expect(allowed('iov-vehicle')).toEqual(
      [
        `iot:Connect client/${THING}`,
        `iot:Publish topic/$aws/rules/telemetry/dt/vehicle/${THING}/telemetry`,
        `iot:Publish topic/$aws/rules/events/dt/vehicle/${THING}/event`,
        `iot:Publish topic/$aws/rules/command_status/cmd/${THING}/res/*`,
        `iot:Publish topic/$aws/rules/ota_status/ota/${THING}/status/*`,
        `iot:Publish topic/dt/vehicle/${THING}/event`,
        `iot:Subscribe topicfilter/cmd/${THING}/req/*`,
        `iot:Receive topic/cmd/${THING}/req/*`,
      ].sort(),
    );
  });

  test('lets a certificate connect only as the thing it is attached to', () => {
    const connect = policy('iov-vehicle').Statement.find(({ Action }) => Action.includes('iot:Connect'))!;
    expect(connect.Condition).toMatchObject({ Bool: { 'iot:Connection.Thing.IsAttached': 'true' } });
  });
});

test('a roadside unit may do what a vehicle may, as a roadside unit, and report what it perceives', () => {
  const asVehicle = allowed('iov-vehicle').map((each) => each.replace('dt/vehicle/', 'dt/rsu/'));
  expect(allowed('iov-rsu')).toEqual(
    [
      ...asVehicle,
      `iot:Publish topic/$aws/rules/perception/dt/rsu/${THING}/perception`,
      `iot:Publish topic/dt/rsu/${THING}/perception`,
    ].sort(),
  );
});

test.each([
  ['vehicle', 'vehicles'],
  ['rsu', 'rsus'],
])('a %s hears broadcasts to all, to areas, to its groups, and no others', (deviceClass, group) => {
  const heard = ['bc/all', 'bc/area/*', `bc/group/${group}`, 'bc/group/${iot:Connection.Thing.Attributes[group]}'];
  expect(allowed(`iov-${deviceClass}-broadcasts`)).toEqual(
    heard.flatMap((topic) => [`iot:Subscribe topicfilter/${topic}`, `iot:Receive topic/${topic}`]).sort(),
  );
});

test.each(['vehicle', 'rsu'])(
  'a claim certificate of class %s can get a certificate and register with one template, nothing else',
  (deviceClass) => {
    const exchanges = [
      'certificates/create',
      'certificates/create-from-csr',
      `provisioning-templates/iov-${deviceClass}/provision`,
    ];
    expect(allowed(`iov-${deviceClass}-claim`)).toEqual(
      [
        'iot:Connect client/*',
        ...exchanges.flatMap((each) => [
          `iot:Publish topic/$aws/${each}/*`,
          `iot:Receive topic/$aws/${each}/*`,
          `iot:Subscribe topicfilter/$aws/${each}/*`,
        ]),
      ].sort(),
    );
  },
);

test.each(['vehicle', 'rsu'].flatMap((each) => [`iov-${each}`, `iov-${each}-broadcasts`, `iov-${each}-claim`]))(
  '%s is no longer than AWS IoT takes, in the longest Region',
  (name) => {
    const text = JSON.stringify(policy(name), (_key, value: unknown) => {
      const join = (value as Statement['Resource'][number] | undefined)?.['Fn::Join'];
      return join ? `arn:aws-us-gov:iot:ap-southeast-99:123456789012:${resourceOf({ 'Fn::Join': join })}` : value;
    });
    expect(text.replaceAll(/\s/g, '').length).toBeLessThanOrEqual(LONGEST_POLICY);
  },
);

describe.each([
  ['vehicle', 'vehicles'],
  ['rsu', 'rsus'],
])('fleet provisioning of class %s', (deviceClass, group) => {
  const template = Object.values(resources(frontDoor, 'AWS::IoT::ProvisioningTemplate')).find(
    ({ Properties }) => Properties['TemplateName'] === `iov-${deviceClass}`,
  )!;
  const body = JSON.parse(String(template.Properties['TemplateBody'])) as ReturnType<typeof templateBody> & {
    Resources: Record<string, { Properties: Record<string, unknown> }>;
    DeviceConfiguration: Record<string, unknown>;
  };

  test('asks the hook, in the version that has parameter overrides', () => {
    expect(template.Properties['PreProvisioningHook']).toMatchObject({ PayloadVersion: '2020-04-01' });
  });

  test('may invoke the hook: without that it fails with ACCESS_DENIED and no reason', () => {
    const permission = Object.values(resources(frontDoor, 'AWS::Lambda::Permission')).find(({ Properties }) =>
      JSON.stringify(Properties['SourceArn']).includes(`:provisioningtemplate/iov-${deviceClass}"`),
    );
    expect(permission?.Properties).toMatchObject({ Principal: 'iot.amazonaws.com', Action: 'lambda:InvokeFunction' });
  });

  test('attaches certificates exclusively, so that presence events and policy variables name the thing', () => {
    expect(body.Resources['certificate']!.Properties).toMatchObject({
      Status: 'Active',
      ThingPrincipalType: 'EXCLUSIVE_THING',
    });
  });

  test('gives every device its type, group, billing group and policies, all of which exist by then', () => {
    expect(body.Resources['thing']!.Properties).toMatchObject({
      ThingTypeName: deviceClass,
      ThingGroups: [group],
      BillingGroup: group,
    });
    expect(body.Resources['policy']!.Properties).toEqual({ PolicyName: `iov-${deviceClass}` });
    expect(body.Resources['policy2']!.Properties).toEqual({ PolicyName: `iov-${deviceClass}-broadcasts` });
    for (const [type, name, value] of [
      ['ThingType', 'ThingTypeName', deviceClass],
      ['ThingGroup', 'ThingGroupName', group],
      ['BillingGroup', 'BillingGroupName', group],
      ['Policy', 'PolicyName', `iov-${deviceClass}`],
      ['Policy', 'PolicyName', `iov-${deviceClass}-broadcasts`],
    ] as const) {
      const [id] = Object.entries(resources(frontDoor, `AWS::IoT::${type}`)).find(
        ([, { Properties }]) => Properties[name] === value,
      )!;
      expect(template.DependsOn).toContain(id);
    }
  });

  test('tells a device its cell, in text', () => {
    expect(body.DeviceConfiguration).toEqual({ cell: 'main', deviceClass, telemetryTargetBytes: '5120' });
  });

  test('has a name and a body within the limits of AWS IoT', () => {
    expect(template.Properties['TemplateName']).toMatch(/^[0-9A-Za-z_-]{1,36}$/);
    expect(String(template.Properties['TemplateBody']).length).toBeLessThanOrEqual(10_240);
  });

  test('gives its verdict within the five seconds that AWS IoT waits', () => {
    const hook = Object.values(resources(frontDoor, 'AWS::Lambda::Function')).find(
      ({ Properties }) => Properties['FunctionName'] === 'iov-dev-main-provisioning-hook',
    );
    expect(hook!.Properties['Timeout']).toBe(5);
  });
});

test('the account is set to publish registry events and to index the fleet, and keeps that when the stack goes', () => {
  const settings = Object.values(resources(frontDoor, 'Custom::IotAccountSettings'));
  expect(settings).toHaveLength(1);
  expect(settings[0]!.Properties['Events']).toContain('THING');
});

test('devices speak TLS 1.2 or 1.3', () => {
  Template.fromStack(frontDoor).hasResourceProperties('AWS::IoT::DomainConfiguration', {
    TlsConfig: { SecurityPolicy: 'IoTSecurityPolicy_TLS13_1_2_2022_10' },
  });
  expect(Object.keys(resources(frontDoor, 'AWS::IoT::DomainConfiguration'))).toHaveLength(1);
});

test.each([
  'ClaimPolicyName',
  'ProvisioningTemplateName',
  'RsuClaimPolicyName',
  'RsuProvisioningTemplateName',
  'DataEndpoint',
])('%s can be read from the stack', (name) => {
  expect(Template.fromStack(frontDoor).findOutputs(name)).toHaveProperty(name);
});
