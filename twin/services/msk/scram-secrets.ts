import { AwsError } from '../../endpoint/service.ts';
import type { Secret, Secrets } from '../secretsmanager/secrets.ts';
import type { Clusters } from './clusters.ts';
import type { KafkaCluster } from './kafka-cluster.ts';

const PREFIX = 'AmazonMSK_';
const MOST_IN_A_CALL = 10;

interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface UnprocessedSecret {
  readonly SecretArn: string;
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/**
 * The SCRAM users of clusters, from secrets. What MSK demands of such a secret (Developer Guide, "Sign-in credentials
 * authentication with AWS Secrets Manager") is demanded here: the name's prefix, and a customer managed key.
 */
export class ScramSecrets {
  readonly #clusters: Clusters;
  readonly #secrets: Secrets;
  readonly #kafka: () => Promise<KafkaCluster>;

  constructor(clusters: Clusters, secrets: Secrets, kafka: () => Promise<KafkaCluster>) {
    this.#clusters = clusters;
    this.#secrets = secrets;
    this.#kafka = kafka;
    // A Kafka that cannot be reached now gets the user when it is started again.
    secrets.onChange((secret) => void this.#refresh(secret).catch(() => undefined));
  }

  /** @returns the secrets that were refused, each with why */
  async associate(clusterArn: string, secretArns: readonly string[]): Promise<UnprocessedSecret[]> {
    const cluster = this.#clusters.get(clusterArn);
    if (cluster.specification.ClientAuthentication?.Sasl?.Scram?.Enabled !== true) {
      throw new AwsError(
        'BadRequestException',
        'This operation cannot be performed on a cluster without SASL/SCRAM enabled.',
        400,
        { invalidParameter: 'clusterArn' },
      );
    }
    if (secretArns.length < 1 || secretArns.length > MOST_IN_A_CALL) {
      throw new AwsError('BadRequestException', `The list of secrets must have 1 to ${MOST_IN_A_CALL} elements.`, 400, {
        invalidParameter: 'secretArnList',
      });
    }
    const unprocessed: UnprocessedSecret[] = [];
    for (const secretArn of secretArns) {
      try {
        const { username, password } = this.#credentials(secretArn);
        await (await this.#kafka()).upsertScramUser(username, password);
        const { scramSecrets } = this.#clusters.get(clusterArn);
        this.#clusters.setScramSecrets(clusterArn, [...new Set([...scramSecrets, secretArn])]);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        unprocessed.push({ SecretArn: secretArn, ErrorCode: error.code, ErrorMessage: error.message });
      }
    }
    return unprocessed;
  }

  async disassociate(clusterArn: string, secretArns: readonly string[]): Promise<UnprocessedSecret[]> {
    const { scramSecrets } = this.#clusters.get(clusterArn);
    const known = secretArns.filter((secretArn) => scramSecrets.includes(secretArn));
    for (const secretArn of known) {
      const credentials = this.#tryCredentials(secretArn);
      if (credentials) await (await this.#kafka()).removeScramUser(credentials.username);
    }
    this.#clusters.setScramSecrets(
      clusterArn,
      scramSecrets.filter((secretArn) => !known.includes(secretArn)),
    );
    return secretArns
      .filter((secretArn) => !known.includes(secretArn))
      .map((SecretArn) => ({
        SecretArn,
        ErrorCode: 'NotFoundException',
        ErrorMessage: 'The secret is not associated with the cluster.',
      }));
  }

  /** Gives every associated user to a Kafka that may have lost them. @returns how many there are */
  async restore(): Promise<number> {
    const secretArns = new Set(this.#clusters.list().flatMap(({ scramSecrets }) => scramSecrets));
    const users = [...secretArns].flatMap((secretArn) => this.#tryCredentials(secretArn) ?? []);
    for (const { username, password } of users) await (await this.#kafka()).upsertScramUser(username, password);
    return users.length;
  }

  /** MSK follows a secret that changes. */
  async #refresh(secret: Secret): Promise<void> {
    if (!this.#clusters.list().some(({ scramSecrets }) => scramSecrets.includes(secret.arn))) return;
    const credentials = this.#tryCredentials(secret.arn);
    if (credentials) await (await this.#kafka()).upsertScramUser(credentials.username, credentials.password);
  }

  #tryCredentials(secretArn: string): Credentials | undefined {
    try {
      return this.#credentials(secretArn);
    } catch (error) {
      if (error instanceof AwsError) return undefined;
      throw error;
    }
  }

  /** @throws AwsError saying what MSK would refuse the secret for */
  #credentials(secretArn: string): Credentials {
    const refuse = (message: string): AwsError => new AwsError('BadRequestException', message);
    const secret = this.#secrets.find(secretArn);
    if (!secret) throw refuse(`The provided secret ARN is invalid: there is no secret ${secretArn}.`);
    if (!secret.name.startsWith(PREFIX))
      throw refuse(`The name of the secret ${secret.name} must begin with ${PREFIX}.`);
    if (secret.kmsKeyId === undefined || secret.kmsKeyId.endsWith('alias/aws/secretsmanager')) {
      throw refuse(
        `The secret ${secret.name} is encrypted with the default key; it must be encrypted with a customer managed key.`,
      );
    }
    const { string } = this.#secrets.getSecretValue(secretArn);
    const { username, password } = parseCredentials(string);
    if (typeof username !== 'string' || typeof password !== 'string') {
      throw refuse(`The secret ${secret.name} must be a JSON object with the members username and password.`);
    }
    return { username, password };
  }
}

function parseCredentials(text: string | undefined): Partial<Credentials> {
  try {
    return (JSON.parse(text ?? '') ?? {}) as Partial<Credentials>;
  } catch {
    return {};
  }
}
