import { arn, type Account } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Externals, Value } from '../sql/index.ts';
import { fromItem, toAttribute, type AttributeValue } from './dynamodb-values.ts';
import type { RulesPorts, SecretContent } from './ports.ts';
import type { SecretCache } from './secret-cache.ts';

/** `aws_lambda()` waits no longer (Developer Guide, "aws_lambda"). */
const LAMBDA_TIMEOUT_MS = 2000;

export interface ExternalsOptions {
  readonly account: Account;
  readonly ports: RulesPorts;
  readonly secrets: SecretCache;
  /** The rule on whose behalf functions are invoked. */
  readonly ruleArn: string;
}

/** The functions of SQL that reach other services, each with the rights of the role that it names. */
export function ruleExternals({ account, ports, secrets, ruleArn }: ExternalsOptions): Externals {
  return {
    ...ports.externals,
    getSecret:
      ports.secrets &&
      (({ secretId, secretType, key, roleArn }) => {
        const { secrets: service } = ports;
        const content = secrets.get(`${roleArn} ${secretId}`, () => {
          const fetched = service!.getSecretValue(secretId);
          const allow = (secret: SecretContent): SecretContent => {
            ports.authorizeRole?.(roleArn, 'secretsmanager:GetSecretValue', secret.secret?.arn ?? secretId);
            return secret;
          };
          return fetched instanceof Promise ? fetched.then(allow) : allow(fetched);
        });
        const pick = (secret: SecretContent): Value => pickSecret(secret, secretId, secretType, key);
        return content instanceof Promise ? content.then(pick) : pick(content);
      }),
    getDynamoDb:
      ports.dynamoDb &&
      (async ({ tableName, partitionKey, sortKey, roleArn }) => {
        ports.authorizeRole?.(roleArn, 'dynamodb:GetItem', arn(account, 'dynamodb', `table/${tableName}`));
        const keys = sortKey ? [partitionKey, sortKey] : [partitionKey];
        const Key = Object.fromEntries(keys.map(({ name, value }) => [name, toAttribute(value)]));
        const answer = (await ports.dynamoDb!.request('GetItem', { TableName: tableName, Key })) as {
          Item?: Record<string, AttributeValue>;
        };
        return answer.Item && fromItem(answer.Item);
      }),
    invokeLambda:
      ports.lambda &&
      (async ({ functionArn, payload }) => {
        const event = jsonOr(payload.toString(), payload.toString('base64'));
        const invocation = ports.lambda!.invoke(functionArn, event, {
          service: 'iot.amazonaws.com',
          sourceArn: ruleArn,
        });
        const { payload: answer, functionError } = await within(LAMBDA_TIMEOUT_MS, invocation, functionArn);
        if (functionError) throw new AwsError('LambdaFunctionError', `${functionArn} failed: ${answer.slice(0, 500)}`);
        return JSON.parse(answer) as Value;
      }),
  };
}

function pickSecret(secret: SecretContent, secretId: string, secretType: string, key: string | undefined): Value {
  if (secretType === 'SecretBinary') {
    if (secret.bytes === undefined) throw new Error(`Secret ${secretId} has no SecretBinary.`);
    return typeof secret.bytes === 'string' ? secret.bytes : Buffer.from(secret.bytes).toString('base64');
  }
  if (secret.string === undefined) throw new Error(`Secret ${secretId} has no SecretString.`);
  if (key === undefined) return secret.string;
  const members = jsonOr(secret.string, undefined);
  const value = members !== null && typeof members === 'object' ? (members as Record<string, Value>)[key] : undefined;
  if (value === undefined) throw new Error(`Secret ${secretId} has no member "${key}".`);
  return value;
}

function jsonOr(text: string, otherwise: Value): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return otherwise;
  }
}

/** A real timer: the function runs in real time whatever the twin's clock says. */
function within<T>(limitMs: number, promise: Promise<T>, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} did not answer within ${limitMs} ms.`)), limitMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
