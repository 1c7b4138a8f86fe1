import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { AwsService, OperationContext, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import { randomPassword } from './random-password.ts';
import type { PasswordOptions } from './random-password.ts';
import { hasContent } from './secrets.ts';
import type { Secret, SecretContent, Secrets, SecretValue } from './secrets.ts';

/** Secrets Manager on the endpoint. */
export function secretsManagerService(secrets: Secrets): AwsService {
  const id = (input: OperationInput): string => String(input['SecretId']);
  const arnOf = (secretId: string, account: Account): string =>
    secrets.find(secretId)?.arn ??
    (secretId.startsWith('arn:') ? secretId : arn(account, 'secretsmanager', `secret:${secretId}-??????`));
  const ofSecret = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input, account) => [arnOf(id(input), account)],
  });
  return {
    signingNames: ['secretsmanager'],
    iamPrefix: 'secretsmanager',
    model: () => import('@aws-sdk/client-secrets-manager'),
    operations: {
      CreateSecret: {
        resources: (input, account) => [arn(account, 'secretsmanager', `secret:${String(input['Name'])}-??????`)],
        run: (input) => {
          const secret = secrets.create({
            name: String(input['Name']),
            description: input['Description'] as string | undefined,
            kmsKeyId: input['KmsKeyId'] as string | undefined,
            tags: tagsOf(input),
            versionId: input['ClientRequestToken'] as string | undefined,
            ...contentOf(input),
          });
          return { ARN: secret.arn, Name: secret.name, VersionId: currentVersion(secret) };
        },
      },
      GetSecretValue: ofSecret((input) =>
        describeValue(
          secrets.getSecretValue(id(input), {
            versionId: input['VersionId'] as string | undefined,
            stage: input['VersionStage'] as string | undefined,
          }),
        ),
      ),
      // Needs GetSecretValue on each of the secrets (API reference, BatchGetSecretValue).
      BatchGetSecretValue: { run: (input, context) => batchGet(secrets, input, context) },
      PutSecretValue: ofSecret((input) => {
        const content = contentOf(input);
        if (!hasContent(content))
          throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
        const versionId = secrets.putValue(
          id(input),
          content,
          input['ClientRequestToken'] as string | undefined,
          input['VersionStages'] as string[] | undefined,
        );
        const secret = secrets.live(id(input));
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: versionId,
          VersionStages: secret.versions[versionId]!.stages,
        };
      }),
      UpdateSecret: ofSecret((input) => updateSecret(secrets, id(input), input)),
      DescribeSecret: ofSecret((input) => {
        const secret = secrets.find(id(input)) ?? secrets.live(id(input));
        return { ...summary(secret), VersionIdsToStages: stagesByVersion(secret) };
      }),
      ListSecrets: {
        run: (input) => {
          const matching = secrets
            .list()
            .filter(
              (secret) =>
                (input['IncludePlannedDeletion'] === true || secret.deletedAt === undefined) &&
                matchesFilters(secret, input['Filters']),
            );
          const { items, nextToken } = page(
            matching,
            (secret) => secret.name,
            input['MaxResults'] as number | undefined,
            input['NextToken'] as string | undefined,
            100,
          );
          return {
            SecretList: items.map((secret) => ({
              ...summary(secret),
              SecretVersionsToStages: stagesByVersion(secret),
            })),
            NextToken: nextToken,
          };
        },
      },
      ListSecretVersionIds: ofSecret((input) => {
        const secret = secrets.live(id(input));
        const versions = Object.entries(secret.versions).map(([VersionId, { stages, createdAt }]) => ({
          VersionId,
          VersionStages: stages,
          CreatedDate: createdAt,
        }));
        return { ARN: secret.arn, Name: secret.name, Versions: versions };
      }),
      UpdateSecretVersionStage: ofSecret((input) => {
        const { MoveToVersionId: to, RemoveFromVersionId: from } = input as {
          MoveToVersionId?: string;
          RemoveFromVersionId?: string;
        };
        return named(secrets.updateStage(id(input), String(input['VersionStage']), { to, from }));
      }),
      DeleteSecret: ofSecret((input) => {
        const secret = secrets.delete(id(input), {
          recoveryDays: input['RecoveryWindowInDays'] as number | undefined,
          force: input['ForceDeleteWithoutRecovery'] === true,
        });
        return { ...named(secret), DeletionDate: secret.recoverableUntil };
      }),
      RestoreSecret: ofSecret((input) => named(secrets.restore(id(input)))),
      GetRandomPassword: { run: (input) => ({ RandomPassword: randomPassword(input as PasswordOptions) }) },
      TagResource: ofSecret(
        (input) => void secrets.update(id(input), { tags: { ...secrets.live(id(input)).tags, ...tagsOf(input) } }),
      ),
      UntagResource: ofSecret((input) => {
        const removed = input['TagKeys'] as string[];
        const kept = Object.entries(secrets.live(id(input)).tags).filter(([key]) => !removed.includes(key));
        secrets.update(id(input), { tags: Object.fromEntries(kept) });
        return undefined;
      }),
      PutResourcePolicy: ofSecret((input) =>
        named(secrets.update(id(input), { policy: checkedPolicy(String(input['ResourcePolicy'])) })),
      ),
      GetResourcePolicy: ofSecret((input) => ({
        ...named(secrets.live(id(input))),
        ResourcePolicy: secrets.live(id(input)).policy,
      })),
      DeleteResourcePolicy: ofSecret((input) => named(secrets.update(id(input), { policy: undefined }))),
    },
  };
}

function updateSecret(secrets: Secrets, id: string, input: OperationInput): Record<string, unknown> {
  const { Description: description, KmsKeyId: kmsKeyId } = input as { Description?: string; KmsKeyId?: string };
  const secret = secrets.update(id, {
    ...(description !== undefined && { description }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
  });
  const content = contentOf(input);
  const versionId = hasContent(content)
    ? secrets.putValue(id, content, input['ClientRequestToken'] as string | undefined)
    : undefined;
  return { ...named(secret), VersionId: versionId };
}

function batchGet(secrets: Secrets, input: OperationInput, context: OperationContext): Record<string, unknown> {
  const ids =
    (input['SecretIdList'] as string[] | undefined) ??
    secrets
      .list()
      .filter((secret) => matchesFilters(secret, input['Filters']))
      .map(({ arn: secretArn }) => secretArn);
  const values: unknown[] = [];
  const errors: unknown[] = [];
  for (const secretId of ids) {
    try {
      context.authorize('secretsmanager:GetSecretValue', secrets.live(secretId).arn);
      values.push(describeValue(secrets.getSecretValue(secretId)));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      errors.push({ SecretId: secretId, ErrorCode: error.code, Message: error.message });
    }
  }
  return { SecretValues: values, Errors: errors };
}

function describeValue({ secret, versionId, version, string, bytes }: SecretValue): Record<string, unknown> {
  return {
    ...named(secret),
    VersionId: versionId,
    VersionStages: version.stages,
    CreatedDate: version.createdAt,
    SecretString: string,
    SecretBinary: bytes,
  };
}

function named(secret: Secret): Record<string, unknown> {
  return { ARN: secret.arn, Name: secret.name };
}

function summary(secret: Secret): Record<string, unknown> {
  return {
    ...named(secret),
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: secret.createdAt,
    LastChangedDate: secret.changedAt,
    LastAccessedDate: secret.accessedAt,
    DeletedDate: secret.deletedAt,
    Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

function stagesByVersion(secret: Secret): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(secret.versions).map(([versionId, { stages }]) => [versionId, stages]));
}

function currentVersion(secret: Secret): string | undefined {
  return Object.entries(secret.versions).find(([, { stages }]) => stages.includes('AWSCURRENT'))?.[0];
}

/** Filters of ListSecrets: every filter must match one of its values, from the beginning of a word; `!` negates. */
function matchesFilters(secret: Secret, filters: unknown): boolean {
  const texts: Readonly<Record<string, readonly string[]>> = {
    name: [secret.name],
    description: [secret.description ?? ''],
    'tag-key': Object.keys(secret.tags),
    'tag-value': Object.values(secret.tags),
  };
  return ((filters as { Key?: string; Values?: string[] }[] | undefined) ?? []).every(
    ({ Key = 'all', Values = [] }) => {
      const candidates = texts[Key] ?? Object.values(texts).flat();
      const exactCase = Key !== 'all' && Key !== 'description';
      const starts = (text: string, value: string): boolean =>
        exactCase ? text.startsWith(value) : text.toLowerCase().startsWith(value.toLowerCase());
      return Values.some((value) => {
        const negated = value.startsWith('!');
        const found = candidates.some((text) => starts(text, negated ? value.slice(1) : value));
        return found !== negated;
      });
    },
  );
}

function contentOf(input: OperationInput): SecretContent {
  return {
    string: input['SecretString'] as string | undefined,
    bytes: input['SecretBinary'] as Uint8Array | undefined,
  };
}

function tagsOf(input: OperationInput): Record<string, string> {
  const tags = (input['Tags'] as { Key?: string; Value?: string }[] | undefined) ?? [];
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

function checkedPolicy(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new AwsError('MalformedPolicyDocumentException', 'This resource policy contains invalid Json');
  }
}
