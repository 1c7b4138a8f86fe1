import { describe, expect, test } from '@jest/globals';

import type { ConnectionFacts, IotAction } from '../../../../twin/iot/policy/index.ts';
import { allow, arnOf, ask, client, deny, document, thing, type StatementJson } from './fixtures.ts';

const ATTACHED = { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } };
const THING = '${iot:Connection.Thing.ThingName}';
const connectAsThing = allow('iot:Connect', `client/${THING}`, ATTACHED);
const connectAsListed = allow('iot:Connect', ['client/clientId1', 'client/clientId2', 'client/clientId3']);

type Case = readonly [connection: ConnectionFacts, action: IotAction, resource: string, expected: 'allow' | 'deny'];

function table(title: string, policy: object, cases: readonly Case[]): void {
  describe(title, () => {
    test.each(cases.map(([connection, action, resource, expected]) => ({ connection, action, resource, expected })))(
      '$connection.clientId $action $resource: $expected ($connection)',
      ({ connection, action, resource, expected }) => {
        expect(ask([policy], connection, action, resource)).toMatchObject({
          effect: expected,
          because: expect.stringMatching(/\.$/),
        });
      },
    );
  });
}

table(
  'IoT guide, Connect policy examples: deny two client IDs, allow things',
  document(deny('iot:Connect', ['client/client1', 'client/client2']), connectAsThing),
  [
    [thing('client1'), 'iot:Connect', 'client1', 'deny'],
    [thing('client2'), 'iot:Connect', 'client2', 'deny'],
    [thing('client3'), 'iot:Connect', 'client3', 'allow'],
    [thing('client3', { isAttached: false }), 'iot:Connect', 'client3', 'deny'],
    [client('client3'), 'iot:Connect', 'client3', 'deny'],
    [client('other', { thingName: 'client3', isAttached: true }), 'iot:Connect', 'other', 'deny'],
  ],
);

table('IoT guide, Connect policy examples: one unregistered client', document(allow('iot:Connect', 'client/client1')), [
  [client('client1'), 'iot:Connect', 'client1', 'allow'],
  [client('client2'), 'iot:Connect', 'client2', 'deny'],
  [client('client1'), 'iot:Publish', 'client1', 'deny'],
]);

const PERSISTENT = ['PersistentConnect'];
const WILL = ['LastWill'];
const BOTH = ['PersistentConnect', 'LastWill'];
const connectIf = (condition: object): StatementJson => allow('iot:Connect', 'client/client1', condition);
const denyIf = (condition: object): StatementJson => deny('iot:Connect', '*', condition);
const attributes = (operator: string, value: unknown): object => ({ [operator]: { 'iot:ConnectAttributes': value } });
const withAttributes = (connectAttributes: readonly string[] | undefined, expected: 'allow' | 'deny'): Case => [
  client('client1', { connectAttributes }),
  'iot:Connect',
  'client1',
  expected,
];

table(
  'IoT guide, persistent sessions: PersistentConnect is allowed',
  document(connectIf(attributes('ForAllValues:StringEquals', PERSISTENT))),
  [
    withAttributes(PERSISTENT, 'allow'),
    withAttributes([], 'allow'),
    withAttributes(undefined, 'allow'),
    withAttributes(WILL, 'deny'),
    withAttributes(BOTH, 'deny'),
  ],
);

table(
  'IoT guide, persistent sessions: anything but PersistentConnect',
  document(connectIf(attributes('ForAllValues:StringNotEquals', PERSISTENT))),
  [
    withAttributes(PERSISTENT, 'deny'),
    withAttributes(BOTH, 'deny'),
    withAttributes(WILL, 'allow'),
    withAttributes(['SomethingNew'], 'allow'),
    withAttributes([], 'allow'),
  ],
);

table(
  'IoT guide, persistent sessions: the same with a deny',
  document(allow('iot:Connect', 'client/client1'), denyIf(attributes('ForAnyValue:StringEquals', PERSISTENT))),
  [
    withAttributes(PERSISTENT, 'deny'),
    withAttributes(BOTH, 'deny'),
    withAttributes(WILL, 'allow'),
    withAttributes([], 'allow'),
  ],
);

table(
  'IoT guide, persistent sessions: PersistentConnect and LastWill, nothing new',
  document(connectIf(attributes('ForAllValues:StringEquals', BOTH))),
  [
    withAttributes(BOTH, 'allow'),
    withAttributes(PERSISTENT, 'allow'),
    withAttributes(WILL, 'allow'),
    withAttributes([], 'allow'),
    withAttributes([...BOTH, 'SomethingNew'], 'deny'),
  ],
);

table(
  'IoT guide, persistent sessions: clean connect with or without LastWill',
  document(connectIf(attributes('StringEquals', 'LastWill'))),
  [
    withAttributes(WILL, 'allow'),
    withAttributes([], 'allow'),
    withAttributes(PERSISTENT, 'deny'),
    withAttributes(BOTH, 'deny'),
  ],
);

table(
  'IoT guide, persistent sessions: default features only',
  document(connectIf(attributes('ForAllValues:StringEquals', []))),
  [
    withAttributes([], 'allow'),
    withAttributes(undefined, 'allow'),
    withAttributes(PERSISTENT, 'deny'),
    withAttributes(WILL, 'deny'),
  ],
);

table(
  'IoT guide, persistent sessions: only with PersistentConnect',
  document(connectIf(attributes('ForAnyValue:StringEquals', PERSISTENT))),
  [
    withAttributes(PERSISTENT, 'allow'),
    withAttributes([...BOTH, 'SomethingNew'], 'allow'),
    withAttributes(WILL, 'deny'),
    withAttributes([], 'deny'),
  ],
);

table(
  'IoT guide, persistent sessions: both or not at all',
  document(
    connectIf(attributes('ForAllValues:StringEquals', BOTH)),
    denyIf(attributes('ForAllValues:StringEquals', PERSISTENT)),
    denyIf(attributes('ForAllValues:StringEquals', WILL)),
    denyIf(attributes('ForAllValues:StringEquals', [])),
  ),
  [
    withAttributes(BOTH, 'allow'),
    withAttributes(PERSISTENT, 'deny'),
    withAttributes(WILL, 'deny'),
    withAttributes([], 'deny'),
    withAttributes([...BOTH, 'SomethingNew'], 'deny'),
  ],
);

table(
  'IoT guide, persistent sessions: no PersistentConnect, perhaps LastWill',
  document(
    denyIf(attributes('ForAnyValue:StringEquals', PERSISTENT)),
    connectIf(attributes('ForAllValues:StringEquals', WILL)),
  ),
  [
    withAttributes(WILL, 'allow'),
    withAttributes([], 'allow'),
    withAttributes(PERSISTENT, 'deny'),
    withAttributes(BOTH, 'deny'),
    withAttributes(['SomethingNew'], 'deny'),
  ],
);

const willTopic = { ArnEquals: { 'iot:LastWillTopic': arnOf('topic/my/lastwill/topicName') } };
const will = (
  lastWillTopic: string | undefined,
  connectAttributes: readonly string[],
  expected: 'allow' | 'deny',
): Case => [client('client1', { lastWillTopic, connectAttributes }), 'iot:Connect', 'client1', expected];

table('IoT guide, persistent sessions: a will on one topic', document(connectIf(willTopic)), [
  will('my/lastwill/topicName', WILL, 'allow'),
  will('my/lastwill/topicName', BOTH, 'allow'),
  will('my/lastwill/other', WILL, 'deny'),
  will(undefined, [], 'deny'),
]);

table(
  'IoT guide, persistent sessions: clean connect with a will on one topic',
  document(connectIf(willTopic), denyIf(attributes('ForAnyValue:StringEquals', PERSISTENT))),
  [will('my/lastwill/topicName', WILL, 'allow'), will('my/lastwill/topicName', BOTH, 'deny')],
);

for (const [who, connect, connection] of [
  ['registered', connectAsThing, thing('clientId1')],
  ['unregistered', connectAsListed, client('clientId1')],
] as const) {
  table(
    `IoT guide, Publish/Subscribe policy examples: one topic, ${who} devices`,
    document(
      connect,
      allow('iot:Publish', 'topic/some_specific_topic'),
      allow('iot:Subscribe', 'topicfilter/some_specific_topic'),
      allow('iot:Receive', 'topic/some_specific_topic'),
    ),
    [
      [connection, 'iot:Connect', 'clientId1', 'allow'],
      [connection, 'iot:Publish', 'some_specific_topic', 'allow'],
      [connection, 'iot:Subscribe', 'some_specific_topic', 'allow'],
      [connection, 'iot:Receive', 'some_specific_topic', 'allow'],
      [connection, 'iot:Publish', 'some_specific_topic/more', 'deny'],
      [connection, 'iot:Subscribe', '#', 'deny'],
      [connection, 'iot:RetainPublish', 'some_specific_topic', 'deny'],
    ],
  );

  table(
    `IoT guide, Publish/Subscribe policy examples: a prefix, ${who} devices`,
    document(
      connect,
      allow(['iot:Publish', 'iot:Receive'], 'topic/topic_prefix*'),
      allow('iot:Subscribe', 'topicfilter/topic_prefix*'),
    ),
    [
      [connection, 'iot:Publish', 'topic_prefix', 'allow'],
      [connection, 'iot:Publish', 'topic_prefix/a/b', 'allow'],
      [connection, 'iot:Receive', 'topic_prefix1', 'allow'],
      [connection, 'iot:Subscribe', 'topic_prefix/#', 'allow'],
      [connection, 'iot:Subscribe', 'topic_prefix/+/x', 'allow'],
      [connection, 'iot:Publish', 'other/topic_prefix', 'deny'],
      [connection, 'iot:Subscribe', '+/x', 'deny'],
    ],
  );

  table(
    `IoT guide, Publish/Subscribe policy examples: all but one subtopic, ${who} devices`,
    document(connect, allow('iot:Publish', 'topic/department/*'), deny('iot:Publish', 'topic/department/admins')),
    [
      [connection, 'iot:Publish', 'department/sales', 'allow'],
      [connection, 'iot:Publish', 'department/admins', 'deny'],
      [connection, 'iot:Publish', 'department/admins/x', 'allow'],
      [connection, 'iot:Publish', 'department', 'deny'],
    ],
  );

  table(
    `IoT guide, Publish/Subscribe policy examples: receive by NotResource, ${who} devices`,
    document(connect, allow('iot:Subscribe', 'topicfilter/topic_prefix/*'), {
      Effect: 'Allow',
      Action: 'iot:Receive',
      NotResource: arnOf('topic/topic_prefix/restricted/*'),
    }),
    [
      [connection, 'iot:Subscribe', 'topic_prefix/topic1', 'allow'],
      [connection, 'iot:Subscribe', 'topic_prefix/restricted', 'allow'],
      [connection, 'iot:Receive', 'topic_prefix/topic1', 'allow'],
      [connection, 'iot:Receive', 'topic_prefix/restricted/x', 'deny'],
      [connection, 'iot:Receive', 'anything', 'allow'],
      [connection, 'iot:Publish', 'anything', 'deny'],
    ],
  );

  table(
    `IoT guide, Publish/Subscribe policy examples: MQTT wildcards are literal, ${who} devices`,
    document(
      connect,
      allow('iot:Subscribe', 'topicfilter/department/+/employees'),
      allow('iot:Subscribe', 'topicfilter/location/#'),
      allow('iot:Receive', 'topic/*'),
    ),
    [
      [connection, 'iot:Subscribe', 'department/+/employees', 'allow'],
      [connection, 'iot:Subscribe', 'department/engineering/employees', 'deny'],
      [connection, 'iot:Subscribe', 'location/#', 'allow'],
      [connection, 'iot:Subscribe', 'location/Seattle', 'deny'],
      [connection, 'iot:Receive', 'department/engineering/employees', 'allow'],
      [connection, 'iot:Receive', 'location/Seattle', 'allow'],
    ],
  );
}

table(
  'IoT guide, wildcards: * is not confined to a level, ? is one character',
  document(
    allow('iot:Subscribe', ['topicfilter/some/*/topic', 'topicfilter/some/sensor???/topic']),
    allow('iot:Publish', 'topic/some/?????/topic'),
  ),
  [
    [client('c'), 'iot:Subscribe', 'some/a/b/topic', 'allow'],
    [client('c'), 'iot:Subscribe', 'some/sensor123/topic', 'allow'],
    [client('c'), 'iot:Subscribe', 'some/topic', 'deny'],
    [client('c'), 'iot:Publish', 'some/12345/topic', 'allow'],
    [client('c'), 'iot:Publish', 'some/1/3/5/topic', 'allow'],
    [client('c'), 'iot:Publish', 'some/123456/topic', 'deny'],
    [client('c'), 'iot:Publish', 'some/1234/topic', 'deny'],
  ],
);

table(
  'IoT guide, topics of each device: registered',
  document(
    connectAsThing,
    allow('iot:Publish', `topic/sensor/device/${THING}`),
    allow('iot:Subscribe', `topicfilter/command/device/${THING}`),
    allow('iot:Receive', `topic/command/device/${THING}`),
  ),
  [
    [thing('thing1'), 'iot:Publish', 'sensor/device/thing1', 'allow'],
    [thing('thing1'), 'iot:Publish', 'sensor/device/thing2', 'deny'],
    [thing('thing1'), 'iot:Subscribe', 'command/device/thing1', 'allow'],
    [thing('thing1'), 'iot:Receive', 'command/device/thing1', 'allow'],
    [thing('thing1'), 'iot:Receive', 'command/device/thing2', 'deny'],
    [client('thing1'), 'iot:Publish', 'sensor/device/thing1', 'deny'],
    [client('c', { thingName: 'thing1', isAttached: true }), 'iot:Publish', 'sensor/device/thing1', 'deny'],
    [
      client('c', { thingName: 'thing1', isAttached: true, thingPrincipalType: 'NON_EXCLUSIVE_THING' }),
      'iot:Publish',
      'sensor/device/thing1',
      'deny',
    ],
    [
      client('c', { thingName: 'thing1', isAttached: true, thingPrincipalType: 'EXCLUSIVE_THING' }),
      'iot:Publish',
      'sensor/device/thing1',
      'allow',
    ],
  ],
);

table(
  'IoT guide, topics named by thing attributes',
  document(
    allow('iot:Publish', 'topic/sensor/${iot:Connection.Thing.Attributes[version]}'),
    allow('iot:Subscribe', 'topicfilter/command/${iot:Connection.Thing.Attributes[location]}'),
    allow('iot:Receive', 'topic/command/${iot:Connection.Thing.Attributes[location]}'),
  ),
  [
    [thing('t', { thingAttributes: { version: 'v1', location: 'Seattle' } }), 'iot:Publish', 'sensor/v1', 'allow'],
    [
      thing('t', { thingAttributes: { version: 'v1', location: 'Seattle' } }),
      'iot:Subscribe',
      'command/Seattle',
      'allow',
    ],
    [
      thing('t', { thingAttributes: { version: 'v1', location: 'Seattle' } }),
      'iot:Receive',
      'command/Seattle',
      'allow',
    ],
    [thing('t', { thingAttributes: { version: 'v2' } }), 'iot:Publish', 'sensor/v1', 'deny'],
    [thing('t', { thingAttributes: { Version: 'v1' } }), 'iot:Publish', 'sensor/v1', 'deny'],
    [thing('t'), 'iot:Publish', 'sensor/', 'deny'],
    [client('t', { thingAttributes: { version: 'v1' } }), 'iot:Publish', 'sensor/v1', 'deny'],
  ],
);

table(
  'IoT guide, thing policy variables: client IDs that end with an attribute',
  document(
    allow('iot:Connect', 'client/*', {
      StringLike: { 'iot:ClientId': '*${iot:Connection.Thing.Attributes[envType]}' },
    }),
  ),
  [
    [thing('car-prod', { thingAttributes: { envType: 'prod' } }), 'iot:Connect', 'car-prod', 'allow'],
    [thing('car-test', { thingAttributes: { envType: 'prod' } }), 'iot:Connect', 'car-test', 'deny'],
    [thing('car-prod'), 'iot:Connect', 'car-prod', 'deny'],
  ],
);

table(
  'IoT guide, thing policy examples: any attached thing may connect',
  document(allow('iot:Connect', '*', { Bool: { 'iot:Connection.Thing.IsAttached': ['true'] } })),
  [
    [thing('t'), 'iot:Connect', 't', 'allow'],
    [client('t', { isAttached: true }), 'iot:Connect', 't', 'allow'],
    [client('t', { isAttached: false }), 'iot:Connect', 't', 'deny'],
    [client('t'), 'iot:Connect', 't', 'deny'],
    [
      client('c', { thingName: 't', isAttached: true, thingPrincipalType: 'EXCLUSIVE_THING' }),
      'iot:Connect',
      'c',
      'allow',
    ],
  ],
);

const STATS = document(
  allow('iot:Publish', 'topic/device/stats', {
    StringEquals: {
      'iot:Connection.Thing.Attributes[attributeName]': 'attributeValue',
      'iot:Connection.Thing.ThingTypeName': 'Thing_Type_Name',
    },
    ...ATTACHED,
  }),
);
const stats = { thingAttributes: { attributeName: 'attributeValue' }, thingTypeName: 'Thing_Type_Name' };
table('IoT guide, thing policy examples: thing type and attribute', STATS, [
  [thing('t', stats), 'iot:Publish', 'device/stats', 'allow'],
  [thing('t', { ...stats, thingTypeName: 'Other' }), 'iot:Publish', 'device/stats', 'deny'],
  [thing('t', { ...stats, thingAttributes: { attributeName: 'x' } }), 'iot:Publish', 'device/stats', 'deny'],
  [thing('t', { ...stats, isAttached: false }), 'iot:Publish', 'device/stats', 'deny'],
  [thing('t', stats), 'iot:Publish', 'device/other', 'deny'],
]);

table(
  'IoT guide, thing policy examples: a topic that begins with an attribute',
  document(allow('iot:Publish', 'topic/${iot:Connection.Thing.Attributes[attributeName]}/*')),
  [
    [thing('t', stats), 'iot:Publish', 'attributeValue/x/y', 'allow'],
    [thing('t', stats), 'iot:Publish', 'other/x', 'deny'],
    [client('t', stats), 'iot:Publish', 'attributeValue/x', 'deny'],
  ],
);

table(
  'IoT guide, basic policy variables: client ID and address',
  document(
    allow('iot:Connect', 'client/clientid1'),
    allow('iot:Publish', 'topic/my/topic/${iot:ClientId}', { IpAddress: { 'aws:SourceIp': '123.45.167.89' } }),
  ),
  [
    [client('clientid1'), 'iot:Connect', 'clientid1', 'allow'],
    [client('clientid1', { sourceIp: '123.45.167.89' }), 'iot:Publish', 'my/topic/clientid1', 'allow'],
    [client('clientid1', { sourceIp: '::ffff:123.45.167.89' }), 'iot:Publish', 'my/topic/clientid1', 'allow'],
    [client('clientid1', { sourceIp: '123.45.167.88' }), 'iot:Publish', 'my/topic/clientid1', 'deny'],
    [client('clientid1'), 'iot:Publish', 'my/topic/clientid1', 'deny'],
    [client('clientid1', { sourceIp: '123.45.167.89' }), 'iot:Publish', 'my/topic/other', 'deny'],
  ],
);

table(
  'IoT guide, basic policy variables: a client called + reaches a wildcard filter',
  document(allow('iot:Subscribe', 'topicfilter/my/${iot:ClientId}/topic')),
  [
    [client('+'), 'iot:Subscribe', 'my/+/topic', 'allow'],
    [client('a'), 'iot:Subscribe', 'my/+/topic', 'deny'],
  ],
);

const DOMAIN = 'd1234567890abcdefghij-ats.iot.us-east-1.amazonaws.com';
for (const [effect, here, elsewhere] of [
  ['Allow', 'allow', 'deny'],
  ['Deny', 'deny', 'allow'],
] as const) {
  table(
    `IoT guide, basic policy variables: ${effect} by domain name`,
    {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Domain',
          Effect: effect,
          Action: ['iot:Connect'],
          Resource: arnOf('client/clientid'),
          Condition: { StringEquals: { 'iot:DomainName': DOMAIN } },
        },
        ...(effect === 'Deny' ? [allow('iot:Connect', '*')] : []),
      ],
    },
    [
      [client('clientid', { domain: DOMAIN }), 'iot:Connect', 'clientid', here],
      [client('clientid', { domain: 'mqtt.example.com' }), 'iot:Connect', 'clientid', elsewhere],
      [client('clientid'), 'iot:Connect', 'clientid', elsewhere],
    ],
  );
}

const subject = (...CommonName: string[]): Partial<ConnectionFacts> => ({
  certificate: { subject: { CommonName }, issuer: {} },
});

table(
  'IoT guide, certificate policy examples: a topic of the certificate’s ID',
  document(allow('iot:Publish', 'topic/${iot:CertificateId}')),
  [
    [client('client1', { certificateId: 'abc123' }), 'iot:Publish', 'abc123', 'allow'],
    [client('client1', { certificateId: 'abc123' }), 'iot:Publish', 'abc124', 'deny'],
    [client('client1'), 'iot:Publish', 'abc123', 'deny'],
  ],
);

table(
  'IoT guide, certificate policy examples: a topic of the common name',
  document(allow('iot:Publish', 'topic/${iot:Certificate.Subject.CommonName}')),
  [
    [client('client1', subject('vin-1')), 'iot:Publish', 'vin-1', 'allow'],
    [client('client1', subject('vin-1', 'vin-2')), 'iot:Publish', 'vin-2', 'deny'],
    [client('client1', subject()), 'iot:Publish', '', 'deny'],
  ],
);

table(
  'IoT guide, certificate policy examples: the third common name, counted from 0',
  document(
    allow('iot:Publish', 'topic/admin/*', {
      StringEquals: { 'iot:Certificate.Subject.CommonName.2': 'Administrator' },
    }),
  ),
  [
    [client('c', subject('a', 'b', 'Administrator')), 'iot:Publish', 'admin/x', 'allow'],
    [client('c', subject('a', 'Administrator', 'b')), 'iot:Publish', 'admin/x', 'deny'],
    [client('c', subject('a', 'Administrator')), 'iot:Publish', 'admin/x', 'deny'],
  ],
);

table(
  'IoT guide, certificate policy examples: any common name',
  document(
    allow('iot:Publish', `topic/admin/${THING}`, {
      'ForAnyValue:StringEquals': { 'iot:Certificate.Subject.CommonName.List': 'Administrator' },
    }),
  ),
  [
    [thing('t', subject('a', 'Administrator')), 'iot:Publish', 'admin/t', 'allow'],
    [thing('t', subject('a', 'b')), 'iot:Publish', 'admin/t', 'deny'],
    [thing('t'), 'iot:Publish', 'admin/t', 'deny'],
  ],
);

table(
  'IoT guide, certificate policy variables: indexed values',
  document(
    allow('iot:Publish', [
      'topic/0/${iot:Certificate.Subject.Country}',
      'topic/1/${iot:Certificate.Subject.Country.1}',
      'topic/2/${iot:Certificate.Issuer.Country.2}',
    ]),
  ),
  [
    [client('c', { certificate: { subject: { Country: ['DE', 'FR'] } } }), 'iot:Publish', '0/DE', 'allow'],
    [client('c', { certificate: { subject: { Country: ['DE', 'FR'] } } }), 'iot:Publish', '1/FR', 'allow'],
    [client('c', { certificate: { subject: { Country: ['DE', 'FR'] } } }), 'iot:Publish', '1/DE', 'deny'],
    [client('c', { certificate: { issuer: { Country: ['DE', 'FR'] } } }), 'iot:Publish', '2/FR', 'deny'],
  ],
);

table(
  'IoT guide, certificate policy variables: alternative names, serial number, available keys',
  document(
    allow('iot:Publish', ['topic/${iot:Certificate.Subject.AlternativeName.DNSName}/${iot:Certificate.SerialNumber}']),
    allow('iot:Subscribe', '*', {
      'ForAnyValue:StringEquals': { 'iot:Certificate.AvailableKeys': 'iot:Certificate.Subject.Organization' },
    }),
  ),
  [
    [
      client('c', { certificate: { alternativeName: { DNSName: ['car.example'] }, serialNumber: '4711' } }),
      'iot:Publish',
      'car.example/4711',
      'allow',
    ],
    [client('c', { certificate: { serialNumber: '4711' } }), 'iot:Publish', 'car.example/4711', 'deny'],
    [client('c', { certificate: { subject: { Organization: ['Fleet'] } } }), 'iot:Subscribe', 'x', 'allow'],
    [client('c', { certificate: { subject: { Country: ['DE'] } } }), 'iot:Subscribe', 'x', 'deny'],
  ],
);

table(
  'IoT guide, Connect and publish: registered and unregistered',
  document(
    allow('iot:Publish', [`topic/${THING}`, 'topic/${iot:ClientId}/own']),
    allow('iot:Connect', [`client/${THING}`, 'client/client1']),
  ),
  [
    [thing('t1'), 'iot:Connect', 't1', 'allow'],
    [thing('t1'), 'iot:Publish', 't1', 'allow'],
    [client('client1'), 'iot:Connect', 'client1', 'allow'],
    [client('client1'), 'iot:Publish', 'client1/own', 'allow'],
    [client('client1'), 'iot:Publish', 'client1', 'deny'],
  ],
);

table(
  'IoT guide, retained message policy examples',
  document(
    allow('iot:Connect', 'client/device1', attributes('ForAllValues:StringEquals', WILL)),
    allow(['iot:Publish', 'iot:RetainPublish'], ['topic/device/sample/configuration', 'topic/will']),
    allow('iot:GetRetainedMessage', 'topic/foo'),
  ),
  [
    [client('device1', { connectAttributes: WILL }), 'iot:Connect', 'device1', 'allow'],
    [client('device1', { connectAttributes: BOTH }), 'iot:Connect', 'device1', 'deny'],
    [client('device1'), 'iot:RetainPublish', 'device/sample/configuration', 'allow'],
    [client('device1'), 'iot:Publish', 'will', 'allow'],
    [client('device1'), 'iot:RetainPublish', 'other', 'deny'],
    [client('device1'), 'iot:GetRetainedMessage', 'foo', 'allow'],
    [client('device1'), 'iot:ListRetainedMessages', '*', 'deny'],
  ],
);

table(
  'IoT guide, basic job policy example',
  document(
    allow('iot:Connect', 'client/vin1'),
    allow('iot:Publish', ['topic/test/dc/pubtopic', 'topic/$aws/things/vin1/jobs/*']),
    allow('iot:Subscribe', ['topicfilter/$aws/events/jobExecution/*', 'topicfilter/$aws/things/vin1/jobs/*']),
    allow('iot:Receive', 'topic/$aws/things/vin1/jobs/*'),
    allow(['iotjobsdata:DescribeJobExecution', 'iotjobsdata:UpdateJobExecution'], 'thing/vin1'),
  ),
  [
    [client('vin1'), 'iot:Publish', '$aws/things/vin1/jobs/start-next', 'allow'],
    [client('vin1'), 'iot:Publish', '$aws/things/vin2/jobs/start-next', 'deny'],
    [client('vin1'), 'iot:Subscribe', '$aws/things/vin1/jobs/notify', 'allow'],
    [client('vin1'), 'iot:Receive', '$aws/things/vin1/jobs/notify', 'allow'],
    [client('vin1'), 'iotjobsdata:DescribeJobExecution', 'vin1', 'allow'],
    [client('vin1'), 'iotjobsdata:StartNextPendingJobExecution', 'vin1', 'deny'],
  ],
);

table(
  'IoT guide, action resources: shadows, role aliases, connections',
  document(
    allow('iot:GetThingShadow', ['thing/thingOne', 'thing/thingOne/shadowOne']),
    allow('iot:AssumeRoleWithCertificate', 'rolealias/CredentialProviderRole_alias'),
    allow('iot:DeleteConnection', 'client/myClientId'),
    allow(['iot:ListRetainedMessages', 'iot:ListNamedShadowsForThing'], '*'),
  ),
  [
    [client('c'), 'iot:GetThingShadow', 'thingOne', 'allow'],
    [client('c'), 'iot:GetThingShadow', 'thingOne/shadowOne', 'allow'],
    [client('c'), 'iot:GetThingShadow', 'thingOne/shadowTwo', 'deny'],
    [client('c'), 'iot:UpdateThingShadow', 'thingOne', 'deny'],
    [client('c'), 'iot:AssumeRoleWithCertificate', 'CredentialProviderRole_alias', 'allow'],
    [client('c'), 'iot:DeleteConnection', 'myClientId', 'allow'],
    [client('c'), 'iot:ListRetainedMessages', '*', 'allow'],
    [client('c'), 'iot:ListNamedShadowsForThing', 'thingOne', 'allow'],
  ],
);

table(
  'IoT guide, fleet provisioning: the policy of a claim certificate',
  document(
    allow('iot:Connect', '*'),
    allow(
      ['iot:Publish', 'iot:Receive'],
      ['topic/$aws/certificates/create/*', 'topic/$aws/provisioning-templates/T/provision/*'],
    ),
    allow('iot:Subscribe', [
      'topicfilter/$aws/certificates/create/*',
      'topicfilter/$aws/provisioning-templates/T/provision/*',
    ]),
  ),
  [
    [client('any'), 'iot:Connect', 'any', 'allow'],
    [client('any'), 'iot:Publish', '$aws/certificates/create/json', 'allow'],
    [client('any'), 'iot:Publish', '$aws/certificates/create-from-csr/json', 'deny'],
    [client('any'), 'iot:Subscribe', '$aws/provisioning-templates/T/provision/cbor/accepted', 'allow'],
    [client('any'), 'iot:Publish', '$aws/provisioning-templates/Other/provision/json', 'deny'],
  ],
);
