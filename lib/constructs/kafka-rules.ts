import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { KAFKA_TOPICS, RECORD_HEADERS, type KafkaTopic } from '../../contracts/kafka-topics.ts';
import { THING_LEVEL, type KafkaRuleName, type RuleName } from '../../contracts/topics.ts';
import type { CellFunction } from './cell-function.ts';
import type { CellStack } from './cell-stack.ts';
import type { RuleDestination } from './rule-destination.ts';
import type { ScramUser } from './scram-user.ts';

/** CloudFormation's default is 2015-10-08, which lacks half of the language. */
const SQL_VERSION = '2016-03-23';

export interface KafkaRulesProps {
  readonly destination: RuleDestination;
  readonly bootstrapBrokers: string;
  readonly user: ScramUser;
  /** Where messages wait whose actions failed. */
  readonly errorQueue: Queue;
}

export interface KafkaRule {
  readonly name: KafkaRuleName;
  readonly description: string;
  readonly sql: string;
  readonly topic: KafkaTopic;
  /** First level of the device topics that the SQL names. */
  readonly root: 'dt' | 'cmd' | 'ota' | '$aws';
  /** Also invoked with what the SQL selects. */
  readonly handler?: CellFunction;
}

export interface RepublishRule {
  readonly name: RuleName;
  readonly description: string;
  readonly sql: string;
  /** With substitution templates. */
  readonly topic: string;
  readonly role: Role;
}

/** The rules of a cell. They differ in SQL and topic; how they write to Kafka, and what becomes of failures, is here. */
export class KafkaRules extends Construct {
  readonly #props: KafkaRulesProps;
  readonly #errorRole: Role;
  #previous?: CfnTopicRule;

  constructor(scope: CellStack, id: string, props: KafkaRulesProps) {
    super(scope, id);
    this.#props = props;
    this.#errorRole = new Role(this, 'ErrorRole', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com'),
      description: 'AWS IoT sends what its rules could not deliver to the error queue',
    });
    this.#errorRole.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [props.errorQueue.queueArn] }),
    );
  }

  /** Adds a rule that writes to Kafka. */
  add({ name, description, sql, topic, root, handler }: KafkaRule): CfnTopicRule {
    const { destination } = this.#props;
    const rule = this.#rule(name, description, sql, [
      ...(handler ? [{ lambda: { functionArn: handler.functionArn } }] : []),
      {
        kafka: {
          destinationArn: destination.arn,
          topic: recordTopic(topic, root),
          key: thing(name),
          headers: recordHeaders(name),
          clientProperties: this.#clientProperties(),
        },
      },
    ]);
    rule.node.addDependency(destination.ready);
    return rule;
  }

  /** Adds a rule that publishes what it selects to another MQTT topic, at QoS 1. */
  addRepublishing({ name, description, sql, topic, role }: RepublishRule): CfnTopicRule {
    const rule = this.#rule(name, description, sql, [{ republish: { topic, qos: 1, roleArn: role.roleArn } }]);
    rule.node.addDependency(role);
    return rule;
  }

  /** Created after the rule before it: AWS IoT takes five a second from an account and refuses the others. */
  #rule(ruleName: RuleName, description: string, sql: string, actions: CfnTopicRule.ActionProperty[]): CfnTopicRule {
    const { errorQueue } = this.#props;
    const rule = new CfnTopicRule(this, ruleName, {
      ruleName,
      topicRulePayload: {
        awsIotSqlVersion: SQL_VERSION,
        description,
        sql,
        actions,
        errorAction: {
          sqs: { queueUrl: errorQueue.queueUrl, roleArn: this.#errorRole.roleArn, useBase64: false },
        },
      },
    });
    rule.node.addDependency(this.#errorRole, ...(this.#previous ? [this.#previous] : []));
    this.#previous = rule;
    return rule;
  }

  /** https://docs.aws.amazon.com/iot/latest/developerguide/apache-kafka-rule-action.html */
  #clientProperties(): Record<string, string> {
    const { bootstrapBrokers, user } = this.#props;
    // For AWS IoT to expand, not for TypeScript or Fn::Sub: the CDK joins the parts with Fn::Join.
    const secret = (member: string) =>
      `\${get_secret('${user.secretName}', 'SecretString', '${member}', '${user.readerRole.roleArn}')}`;
    return {
      'bootstrap.servers': bootstrapBrokers,
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'SCRAM-SHA-512',
      'sasl.scram.username': secret('username'),
      'sasl.scram.password': secret('password'),
      // The default of 1 loses what only the leader had when it fails.
      acks: 'all',
      'key.serializer': 'StringSerializer',
      'value.serializer': 'ByteBufferSerializer',
    };
  }
}

/**
 * The rule's Kafka topic for what devices send, and `iov.heartbeat` for its heartbeats (`hb/<rule>`): by the first level, which a device cannot
 * choose. `replace` and not CASE, which substitution templates are not documented to take.
 */
function recordTopic(topic: KafkaTopic, root: KafkaRule['root']): string {
  return `\${replace(replace(topic(1), '${root}', '${topic}'), 'hb', '${KAFKA_TOPICS.heartbeat}')}`;
}

/** The thing name, from the topic that the device's policy guards: a payload can claim anything, clientid() is n/a over HTTPS. */
function thing(rule: KafkaRuleName): string {
  return `\${topic(${THING_LEVEL[rule]})}`;
}

function recordHeaders(rule: KafkaRuleName): { key: string; value: string }[] {
  const values: Record<(typeof RECORD_HEADERS)[number], string> = {
    mqtt_topic: '${topic()}',
    thing: thing(rule),
    received_at: '${timestamp()}',
    trace: '${traceid()}',
  };
  return RECORD_HEADERS.map((key) => ({ key, value: values[key] }));
}
