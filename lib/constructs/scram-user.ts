import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Validations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { CellStack } from './cell-stack.ts';

/**
 * The Kafka user that AWS IoT's rules write as: name and password in a secret, which MSK reads to check them and AWS IoT reads through
 * `get_secret()`. MSK takes only secrets whose name begins with AmazonMSK_ and whose key is the customer's own
 * (https://docs.aws.amazon.com/msk/latest/developerguide/msk-password-limitations.html).
 */
export class ScramUser extends Construct {
  readonly secret: Secret;
  readonly secretName: string;
  /** What AWS IoT assumes to read the secret: the last argument of `get_secret()`. */
  readonly readerRole: Role;

  constructor(scope: CellStack, id: string, username: string) {
    super(scope, id);
    const { environment, cell } = scope.context;
    const key = new Key(this, 'Key', {
      description: 'Secrets of Kafka users; for MSK and the readers of the secrets alone',
      enableKeyRotation: true,
      removalPolicy: scope.removalPolicy,
    });
    this.secretName = `AmazonMSK_iov_${environment.name}_${cell.name}_${username}`;
    this.secret = new Secret(this, 'Secret', {
      secretName: this.secretName,
      description: `Kafka user ${username}, which the rules of AWS IoT write as`,
      encryptionKey: key,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: 'password',
        passwordLength: 32,
        // SCRAM and the client properties of a rule take these alone without quoting.
        excludePunctuation: true,
      },
      removalPolicy: scope.removalPolicy,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Rules cache the password for 15 minutes, MSK accepts one at a time: rotation is two users in turn, done by the operator.',
    });
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'MskReadsTheSecret',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('kafka.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:DescribeKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            'kms:ViaService': `secretsmanager.${scope.region}.amazonaws.com`,
            'aws:SourceAccount': scope.account,
          },
        },
      }),
    );
    this.readerRole = new Role(this, 'ReaderRole', {
      assumedBy: new ServicePrincipal('iot.amazonaws.com'),
      description: `AWS IoT reads the secret ${this.secretName}`,
    });
    this.readerRole.addToPolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
        resources: [this.secret.secretArn],
      }),
    );
    this.readerRole.addToPolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn] }));
  }
}
