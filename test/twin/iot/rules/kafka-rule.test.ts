import { describe, expect, test } from '@jest/globals';

import { checkClientProperties } from '../../../../twin/iot/rules/actions/kafka-properties.ts';
import { producerOptions } from '../../../../twin/iot/rules/producer-pool.ts';
import { ROLE, rule, rulesFixture, type Fixture } from './rules-fixture.ts';

const AWS_PORTS = { from: 9000, to: 9100 };
const SCRAM = {
  'bootstrap.servers': '127.0.0.1:9096',
  'security.protocol': 'SASL_SSL',
  'sasl.mechanism': 'SCRAM-SHA-512',
  'sasl.scram.username': `\${get_secret('s', 'SecretString', 'username', '${ROLE}')}`,
  'sasl.scram.password': `\${get_secret('s', 'SecretString', 'password', '${ROLE}')}`,
  acks: 'all',
};

describe('client properties', () => {
  test('as a rule for MSK has them are taken', () => {
    expect(() => checkClientProperties(SCRAM, AWS_PORTS)).not.toThrow();
  });

  test.each([
    [{ 'bootstrap.servers': 'b-1:9196' }, /port 9196.*9000 to 9100/],
    [{ 'bootstrap.servers': 'b-1' }, /not host:port/],
    [{ 'bootstrap.servers': '' }, /needs the client property bootstrap\.servers/],
    [{ acks: '2' }, /2 is not a value of acks/],
    [{ 'security.protocol': 'PLAINTEXT' }, /PLAINTEXT is not a value/],
    [{ 'linger.ms': '5' }, /linger\.ms is not a client property/],
    [{ 'sasl.scram.password': undefined }, /needs the client property sasl\.scram\.password/],
    [{ 'sasl.mechanism': 'AWS_MSK_IAM' }, /AWS_MSK_IAM is not a value/],
    [{ 'security.protocol': 'SSL' }, /needs the client property ssl\.keystore/],
  ])('with %j are refused', (change, message) => {
    expect(() => checkClientProperties({ ...SCRAM, ...change }, AWS_PORTS)).toThrow(
      expect.objectContaining({ code: 'InvalidRequestException', message: expect.stringMatching(message) }),
    );
  });

  test('may have moved ports where every port of the twin is moved', () => {
    expect(() =>
      checkClientProperties({ ...SCRAM, 'bootstrap.servers': 'h:29096' }, { from: 0, to: 65_535 }),
    ).not.toThrow();
  });
});

describe('a producer', () => {
  const resolved = { ...SCRAM, 'sasl.scram.username': 'iot', 'sasl.scram.password': 'secret' };

  test('logs in as the rule says and trusts the twin’s authority', () => {
    expect(producerOptions(resolved, { certificateAuthority: 'PEM' })).toMatchObject({
      ...{ bootstrap: [{ host: '127.0.0.1', port: 9096 }], acks: -1, compression: 'none' },
      connection: { tls: { ca: 'PEM' }, sasl: { mechanism: 'SCRAM-SHA-512', username: 'iot', password: 'secret' } },
    });
  });

  test.each([
    ['all', -1],
    ['-1', -1],
    ['1', 1],
    ['0', 0],
    [undefined, 1],
  ])('reads acks %s as %i', (acks, expected) => {
    expect(producerOptions({ ...resolved, acks: acks! }, {}).acks).toBe(expected);
  });

  test('speaks plaintext to a broker that the user gave', () => {
    expect(producerOptions(resolved, { plaintextServers: new Set(['127.0.0.1:9096']) }).connection).toEqual({});
  });
});

describe('a destination', () => {
  const VPC = { vpcProperties: { vpcId: 'vpc-1', subnetIds: ['a', 'b', 'c'], securityGroups: ['sg'], roleArn: ROLE } };
  const kafkaRule = (destinationArn: string) =>
    rule("SELECT * FROM 'dt/#'", [{ kafka: { destinationArn, topic: 't', clientProperties: SCRAM } }]);
  const code = (expected: string) => expect.objectContaining({ code: expected });

  const fixtureWithDestination = (): Fixture & { destinationArn: string } => {
    const fixture = rulesFixture();
    return { ...fixture, destinationArn: fixture.engine.destinations.create(VPC).arn };
  };

  test('must exist before a rule names it', () => {
    const { engine } = rulesFixture();
    expect(() => engine.createRule('r', kafkaRule('arn:aws:iot:us-east-1:0:ruledestination/vpc/no'))).toThrow(
      code('InvalidRequestException'),
    );
  });

  test('must be enabled before a rule names it', () => {
    const { engine, destinationArn } = fixtureWithDestination();
    engine.destinations.updateStatus(destinationArn, 'DISABLED');
    expect(() => engine.createRule('r', kafkaRule(destinationArn))).toThrow(/DISABLED, not ENABLED/);
    engine.destinations.updateStatus(destinationArn, 'ENABLED');
    expect(() => engine.createRule('r', kafkaRule(destinationArn))).not.toThrow();
  });

  test('is one for each set of subnets, and at most five', () => {
    const { engine } = fixtureWithDestination();
    expect(() => engine.destinations.create(VPC)).toThrow(code('ConflictingResourceUpdateException'));
    for (let n = 2; n <= 5; n += 1)
      engine.destinations.create({ vpcProperties: { ...VPC.vpcProperties, vpcId: `vpc-${n}` } });
    expect(() => engine.destinations.create({ vpcProperties: { ...VPC.vpcProperties, vpcId: 'vpc-6' } })).toThrow(
      code('LimitExceededException'),
    );
  });

  test.each([
    ['nothing', {}],
    ['both kinds', { ...VPC, httpUrlProperties: { confirmationUrl: 'https://x' } }],
    ['no subnets', { vpcProperties: { ...VPC.vpcProperties, subnetIds: [] } }],
    ['no URL', { httpUrlProperties: { confirmationUrl: 'x' } }],
  ])('of %s is refused', (_, configuration) => {
    expect(() => rulesFixture().engine.destinations.create(configuration)).toThrow(code('InvalidRequestException'));
  });
});
