import { CfnOutput, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnBatchScramSecret } from 'aws-cdk-lib/aws-msk';
import type { Construct } from 'constructs';
import type { CellContext } from '../constructs/cell-context.ts';
import { CellCustomResource } from '../constructs/cell-custom-resource.ts';
import { CellStack } from '../constructs/cell-stack.ts';
import { ExpressCluster } from '../constructs/express-cluster.ts';
import { ScramUser } from '../constructs/scram-user.ts';
import type { NetworkStack } from './network-stack.ts';

/** The Kafka side of a cell: cluster, the rules' user, topics, and the brokers' addresses. */
export class StreamStack extends CellStack {
  readonly clusterArn: string;
  readonly rulesUser: ScramUser;
  /** `host:port,…` of the SASL/SCRAM listeners. */
  readonly bootstrapBrokers: string;

  constructor(scope: Construct, context: CellContext, network: NetworkStack) {
    super(scope, 'Stream', context, { description: 'Kafka cluster, topics and users of the IoV backbone' });
    const { brokers, brokerType, topics } = context.environment.stream;
    const kafka = new ExpressCluster(this, 'Kafka', {
      vpc: network.vpc,
      securityGroup: network.brokerSecurityGroup,
    });
    this.clusterArn = kafka.clusterArn;
    this.rulesUser = new ScramUser(this, 'RulesUser', 'iot-rules');
    const secrets = new CfnBatchScramSecret(this, 'ScramSecrets', {
      clusterArn: kafka.clusterArn,
      secretArnList: [this.rulesUser.secret.secretArn],
    });
    for (const [name, settings] of Object.entries(topics)) {
      // One change of the cluster at a time: it takes topics only while it is ACTIVE.
      kafka.addTopic(name, settings).addResourceDependency(secrets);
    }
    const bootstrap = new CellCustomResource(this, 'BootstrapBrokers', 'bootstrap-brokers', {
      description: "Gives the addresses of the cluster's brokers, which CloudFormation does not",
      timeout: Duration.minutes(1),
      grants: [new PolicyStatement({ actions: ['kafka:GetBootstrapBrokers'], resources: [kafka.clusterArn] })],
      // Number and size are named so that a change of them asks again.
      properties: { ClusterArn: kafka.clusterArn, Brokers: brokers, BrokerType: brokerType },
    });
    this.bootstrapBrokers = bootstrap.getAttString('SaslScram');
    new CfnOutput(this, 'ClusterArn', { value: kafka.clusterArn });
    new CfnOutput(this, 'BootstrapBrokersSaslScram', { value: this.bootstrapBrokers });
  }
}
