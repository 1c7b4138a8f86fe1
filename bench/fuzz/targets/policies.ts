import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import {
  Authorizer,
  decide,
  IOT_ACTIONS,
  MalformedPolicy,
  parsePolicyDocument,
  resourceArn,
  type ConnectionFacts,
} from '../../../twin/iot/policy/index.ts';
import { mutateJson, mutateText } from '../mutation.ts';
import type { FuzzTarget } from '../target.ts';

const ARN = 'arn:aws:iot:us-east-1:000000000000:';
const DOCUMENT = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['iot:Connect'],
      Resource: [`${ARN}client/\${iot:Connection.Thing.ThingName}`],
      Condition: {
        Bool: { 'iot:Connection.Thing.IsAttached': 'true' },
        'ForAllValues:StringEquals': { 'iot:ConnectAttributes': ['PersistentConnect', 'LastWill'] },
      },
    },
    {
      Effect: 'Allow',
      Action: ['iot:Publish', 'iot:RetainPublish'],
      Resource: [`${ARN}topic/dt/*/\${iot:ClientId}/?elemetry`, `${ARN}topic/$aws/rules/*`],
    },
    {
      Effect: 'Deny',
      Action: 'iot:Subscribe',
      NotResource: `${ARN}topicfilter/a/\${iot:Certificate.Subject.CommonName}/#`,
    },
    {
      Effect: 'Allow',
      NotAction: 'iot:Receive',
      Resource: '*',
      Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' }, NumericLessThan: { 'iot:x': '3' } },
    },
  ],
};
const NAMES = [
  ...[
    'Version',
    'Statement',
    'Effect',
    'Action',
    'NotAction',
    'Resource',
    'NotResource',
    'Condition',
    'Sid',
    'Principal',
  ],
  ...[
    'Allow',
    'Deny',
    '2012-10-17',
    'StringLike',
    'Bool',
    'iot:*',
    '*',
    `${ARN}topic/*`,
    '${iot:ClientId}',
    '${*}',
    '${',
  ],
  ...['iot:ClientId', 'aws:SourceIp', '10.0.0.0/33', '::/0', 'ForAnyValue:StringLike', 'Null'],
];
const FACTS: ConnectionFacts = {
  ...{ clientId: 'V1', thingName: 'V1', isAttached: true, certificateId: 'c', sourceIp: '10.1.2.3' },
  ...{ thingTypeName: 'vehicle', thingAttributes: { colour: 'red' }, connectAttributes: ['LastWill'] },
  certificate: { subject: { CommonName: ['V1', 'other'] } },
};
const RESOURCES = ['V1', 'dt/vehicle/V1/telemetry', 'a/V1/#', '', '${iot:ClientId}', '*'.repeat(40), 'a/'.repeat(100)];

/** Policy documents, and the requests that are decided by them. */
export const policies: FuzzTarget = {
  name: 'policies',
  share: 20,
  async open() {
    return {
      run(random) {
        const document = mutateJson(random, DOCUMENT, NAMES);
        const text = random.oneIn(3) ? mutateText(random, JSON.stringify(document), NAMES) : document;
        try {
          const policy = parsePolicyDocument(text);
          const action = random.pick(IOT_ACTIONS);
          const resource = mutateText(random, random.pick(RESOURCES), NAMES);
          const clientId = mutateText(random, 'V1', NAMES);
          const facts = {
            ...FACTS,
            clientId,
            ...(random.oneIn(3) && { sourceIp: mutateText(random, '10.1.2.3', NAMES) }),
          };
          const allowed = new Authorizer([policy], facts, DEFAULT_ACCOUNT).isAllowed(action, resource);
          const request = { action, resource: resourceArn(action, resource, DEFAULT_ACCOUNT) };
          const { effect } = decide([policy], request, facts, DEFAULT_ACCOUNT);
          // The fast way and the way that explains must never differ.
          if (allowed !== (effect === 'allow'))
            throw new Error(`decided both ${allowed} and ${effect}: ${action} ${resource}`);
        } catch (error) {
          if (!(error instanceof MalformedPolicy)) throw error;
        }
      },
      close: () => undefined,
    };
  },
};
