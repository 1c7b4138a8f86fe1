import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { AwsError } from '../../../../twin/endpoint/service.ts';
import { resolve, UnresolvedTemplate } from '../../../../twin/iot/provisioning/intrinsics.ts';
import { planOf } from '../../../../twin/iot/provisioning/plan.ts';
import type { TemplateUse } from '../../../../twin/iot/provisioning/template.ts';
import { parseTemplate } from '../../../../twin/iot/provisioning/template.ts';
import { VEHICLE_TEMPLATE } from '../device-world.ts';

const parse = (body: object, use: TemplateUse = 'FLEET_PROVISIONING') => parseTemplate(JSON.stringify(body), use);
const thing = (properties: object, rest: object = {}) => ({
  Resources: { thing: { Type: 'AWS::IoT::Thing', Properties: { ThingName: 'V1', ...properties }, ...rest } },
});
const certificate = (properties: object, rest: object = {}) => ({
  Resources: { certificate: { Type: 'AWS::IoT::Certificate', Properties: properties, ...rest } },
});

const scope = {
  parameters: new Map([
    ['Serial', 'S1'],
    ['Place', 'Seattle'],
    ['List', 'a,b,c'],
    ['__proto__', 'odd'],
  ]),
  mappings: { Places: { Seattle: { url: 'https://example.test', tags: ['x', 'y'] as unknown } } },
};

describe('the functions of provisioning templates', () => {
  test.each<[unknown, unknown]>([
    ['plain', 'plain'],
    [7, 7],
    [{ Ref: 'Serial' }, 'S1'],
    [{ Ref: '__proto__' }, 'odd'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Serial' }, 'b']] }, 'a-S1-b'],
    [{ 'Fn::Join': ['', ['prefix_', { Ref: 'Serial' }]] }, 'prefix_S1'],
    [{ 'Fn::Join': ['-', { 'Fn::Split': [',', { Ref: 'List' }] }] }, 'a-b-c'],
    [{ 'Fn::Split': [',', { Ref: 'List' }] }, ['a', 'b', 'c']],
    [{ 'Fn::Select': [1, { 'Fn::Split': [',', { Ref: 'List' }] }] }, 'b'],
    [{ 'Fn::Select': ['2', ['a', 'b', { Ref: 'Serial' }]] }, 'S1'],
    [{ 'Fn::FindInMap': ['Places', { Ref: 'Place' }, 'url'] }, 'https://example.test'],
    [{ 'Fn::Select': ['0', { 'Fn::FindInMap': ['Places', 'Seattle', 'tags'] }] }, 'x'],
    [{ 'Fn::Sub': 'id-${Serial}-${!Serial}' }, 'id-S1-${Serial}'],
    [{ 'Fn::Sub': ['${Serial}/${Own}', { Own: { Ref: 'Place' } }] }, 'S1/Seattle'],
    [
      { nested: [{ Ref: 'Serial' }], other: { Ref: 'Place' } },
      { nested: ['S1'], other: 'Seattle' },
    ],
  ])('%j is %j', (value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });

  test.each<[unknown]>([
    [{ Ref: 'Missing' }],
    [{ Ref: ['Serial'] }],
    [{ 'Fn::Join': ['-'] }],
    [{ 'Fn::Join': ['-', 'text'] }],
    [{ 'Fn::Join': ['-', [{ a: 1, b: 2 }]] }],
    [{ 'Fn::Select': [3, ['a', 'b', 'c']] }],
    [{ 'Fn::Select': [-1, ['a']] }],
    [{ 'Fn::Select': [0, [null]] }],
    [{ 'Fn::Select': ['x', ['a']] }],
    [{ 'Fn::Split': ['', 'abc'] }],
    [{ 'Fn::Split': [',', ['a']] }],
    [{ 'Fn::FindInMap': ['Places', 'Nowhere', 'url'] }],
    [{ 'Fn::FindInMap': ['Places', 'Seattle', 'toString'] }],
    [{ 'Fn::FindInMap': ['constructor', 'name', 'x'] }],
    [{ 'Fn::FindInMap': ['Places', 'Seattle'] }],
    [{ 'Fn::Sub': '${Missing}' }],
    [{ 'Fn::Sub': '${toString}' }],
    [{ 'Fn::GetAtt': ['a', 'b'] }],
    [{ 'Fn::If': ['a', 'b', 'c'] }],
  ])('%j cannot be resolved', (value) => {
    expect(() => resolve(value, scope)).toThrow(UnresolvedTemplate);
  });
});

describe('the form of provisioning templates', () => {
  test('takes the template of the developer guide, extra function calls and all', () => {
    const body = parse({
      Parameters: { ThingName: { Type: 'String' }, DeviceLocation: { Type: 'String', Default: 'Seattle' } },
      Mappings: { LocationTable: { Seattle: { LocationUrl: 'https://example.aws' } } },
      Resources: {
        thing: {
          Type: 'AWS::IoT::Thing',
          Properties: {
            AttributePayload: { version: 'v1', count: 3 },
            ThingName: { Ref: 'ThingName' },
            ThingTypeName: { 'Fn::Join': ['', ['Type_', { Ref: 'DeviceLocation' }]] },
            ThingGroups: ['v1-lightbulbs', 'WA', 'WA'],
            BillingGroup: 'LightBulbBillingGroup',
          },
          OverrideSettings: { AttributePayload: 'MERGE', ThingTypeName: 'REPLACE', ThingGroups: 'DO_NOTHING' },
        },
        certificate: {
          Type: 'AWS::IoT::Certificate',
          Properties: {
            CertificateId: { Ref: 'AWS::IoT::Certificate::Id' },
            Status: 'Active',
            ThingPrincipalType: 'EXCLUSIVE_THING',
          },
        },
        policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyDocument: { Version: '2012-10-17', Statement: [] } } },
      },
      DeviceConfiguration: {
        FallbackUrl: 'https://www.example.com/test-site',
        LocationUrl: { 'Fn::FindInMap': ['LocationTable', { Ref: 'DeviceLocation' }, 'LocationUrl'] },
      },
    });
    expect(planOf(body, { ThingName: 'V1', 'AWS::IoT::Certificate::Id': 'c1' })).toEqual({
      thing: {
        logicalId: 'thing',
        thingName: 'V1',
        attributes: { version: 'v1', count: '3' },
        thingTypeName: 'Type_Seattle',
        thingGroups: ['v1-lightbulbs', 'WA'],
        billingGroup: 'LightBulbBillingGroup',
        overrides: { AttributePayload: 'MERGE', ThingTypeName: 'REPLACE', ThingGroups: 'DO_NOTHING' },
      },
      certificate: {
        logicalId: 'certificate',
        certificateId: 'c1',
        status: 'ACTIVE',
        thingPrincipalType: 'EXCLUSIVE_THING',
        override: 'REPLACE',
      },
      policies: [
        {
          logicalId: 'policy',
          policyName: expect.stringMatching(/^[0-9a-f]{64}$/),
          document: '{"Version":"2012-10-17","Statement":[]}',
        },
      ],
      deviceConfiguration: { FallbackUrl: 'https://www.example.com/test-site', LocationUrl: 'https://example.aws' },
    });
  });

  test.each<[string, object, string]>([
    ['no resources', { Parameters: {} }, 'Resources must be an object'],
    ['an unknown section', { ...thing({}), Outputs: {} }, 'unknown section Outputs'],
    ['an unknown type', { Resources: { q: { Type: 'AWS::SQS::Queue' } } }, 'unsupported Type AWS::SQS::Queue'],
    ['a type that is an inherited name', { Resources: { q: { Type: 'constructor' } } }, 'unsupported Type'],
    ['an unknown property', thing({ Colour: 'red' }), 'unknown property Colour'],
    ['a thing without a name', { Resources: { t: { Type: 'AWS::IoT::Thing', Properties: {} } } }, 'has no ThingName'],
    ['an invalid override', thing({}, { OverrideSettings: { ThingTypeName: 'MERGE' } }), 'invalid override setting'],
    ['an override of nothing', thing({}, { OverrideSettings: { Name: 'REPLACE' } }), 'invalid override setting'],
    [
      'overrides for a policy',
      {
        Resources: {
          p: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'a' }, OverrideSettings: { PolicyName: 'REPLACE' } },
        },
      },
      'invalid override setting',
    ],
    [
      'a policy without name and document',
      { Resources: { p: { Type: 'AWS::IoT::Policy', Properties: {} } } },
      'either a PolicyName or a PolicyDocument',
    ],
    [
      'a policy with both',
      { Resources: { p: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'a', PolicyDocument: '{}' } } } },
      'either a PolicyName',
    ],
    [
      'a policy without a certificate',
      { Resources: { p: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'a' } } } },
      'no certificate',
    ],
    ['two things', { Resources: { ...thing({}).Resources, other: thing({}).Resources.thing } }, 'more than one thing'],
    ['a certificate without source', certificate({ Status: 'ACTIVE' }), 'exactly one of'],
    [
      'a certificate by CSR in a fleet template',
      certificate({ CertificateSigningRequest: 'x' }),
      'by its CertificateId',
    ],
    ['a parameter of another type', { ...thing({}), Parameters: { a: { Type: 'Number' } } }, 'must be String'],
    [
      'a default that is no text',
      { ...thing({}), Parameters: { a: { Type: 'String', Default: 1 } } },
      'must be a string',
    ],
    [
      'a function in a mapping',
      { ...thing({}), Mappings: { a: { b: { c: { Ref: 'x' } } } } },
      'Mappings hold no functions',
    ],
    ['a nested device configuration', { ...thing({}), DeviceConfiguration: { a: { b: 'c' } } }, 'nested object'],
    [
      'Fn::Join in a policy',
      {
        Resources: {
          ...certificate({ CertificateId: 'a' }).Resources,
          p: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: { 'Fn::Join': ['', ['a']] } } },
        },
      },
      'Fn::Join is not supported',
    ],
  ])('refuses %s', (_, body, message) => {
    expect(() => parse(body)).toThrow(message);
  });

  test('refuses what is no JSON object, and what is longer than AWS allows', () => {
    for (const text of ['', 'nonsense', '[]', 'null', '7', `{"Resources":{},"Description":"${'x'.repeat(10_240)}"}`]) {
      expect(() => parseTemplate(text, 'FLEET_PROVISIONING')).toThrow(AwsError);
    }
  });

  test('allows a CSR and a PEM certificate in bulk registration alone', () => {
    expect(parse(certificate({ CertificateSigningRequest: 'x' }), 'BULK').resources).toHaveLength(1);
    expect(parse(certificate({ CertificatePem: 'x', CACertificatePem: 'y' }), 'BULK').resources).toHaveLength(1);
    expect(() => parse(certificate({ CertificatePem: 'x' }), 'JITP')).toThrow('by its CertificateId');
  });

  test('answers any text with a template or with InvalidRequestException', () => {
    const fragment = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.constantFrom('AWS::IoT::Thing', 'Active', 'SerialNumber'),
        fc.integer(),
        tie('object'),
        fc.array(tie('value')),
      ),
      object: fc.dictionary(
        fc.oneof(
          fc.string(),
          fc.constantFrom('Ref', 'Fn::Sub', 'Fn::Join', 'Type', 'Properties', 'ThingName', 'Resources', '__proto__'),
        ),
        tie('value'),
        { maxKeys: 4 },
      ),
    })).object;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fragment.map((value) => JSON.stringify({ ...VEHICLE_TEMPLATE, ...(value as object) })),
        ),
        (text) => {
          try {
            planOf(parseTemplate(text, 'FLEET_PROVISIONING'), { SerialNumber: 'V1', 'AWS::IoT::Certificate::Id': 'c' });
          } catch (error) {
            expect([AwsError, UnresolvedTemplate].some((known) => error instanceof known)).toBe(true);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
