import { isDeepStrictEqual } from 'node:util';

import { generatedName } from '../../cloudformation/physical-names.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import { randomPassword } from './random-password.ts';
import type { PasswordOptions } from './random-password.ts';
import type { Secret, Secrets } from './secrets.ts';

interface GenerateSecretString extends PasswordOptions {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

/** `AWS::SecretsManager::Secret` and `AWS::SecretsManager::ResourcePolicy`. */
export function secretsManagerProviders(secrets: Secrets): ResourceProvider[] {
  return [secretProvider(secrets), resourcePolicyProvider(secrets)];
}

function secretProvider(secrets: Secrets): ResourceProvider {
  function create(request: ResourceRequest): ProvisionedResource {
    const { properties } = request;
    const name = nameOf(request);
    // A stack that is made again gives its secrets the same names; what a deletion left behind is in its way.
    if (secrets.find(name)) secrets.delete(name, { force: true });
    return describe(
      secrets.create({
        name,
        description: properties['Description'] as string | undefined,
        kmsKeyId: properties['KmsKeyId'] as string | undefined,
        tags: tagsOf(properties),
        string: initialValue(properties),
      }),
    );
  }
  return {
    type: 'AWS::SecretsManager::Secret',
    create,
    update(request) {
      const { properties, previousProperties, physicalId } = request;
      if (nameOf(request) !== secrets.find(physicalId)?.name) return create(request);
      const changed = ['SecretString', 'GenerateSecretString'].some(
        (member) => !isDeepStrictEqual(properties[member], previousProperties[member]),
      );
      const value = changed ? initialValue(properties) : undefined;
      if (value !== undefined) secrets.putValue(physicalId, { string: value });
      return describe(
        secrets.update(physicalId, {
          description: properties['Description'] as string | undefined,
          kmsKeyId: properties['KmsKeyId'] as string | undefined,
          tags: tagsOf(properties),
        }),
      );
    },
    // CloudFormation leaves a deleted secret no recovery window.
    delete({ physicalId }) {
      if (secrets.find(physicalId)) secrets.delete(physicalId, { force: true });
    },
  };
}

function resourcePolicyProvider(secrets: Secrets): ResourceProvider {
  const set = ({ properties }: ResourceRequest): ProvisionedResource => {
    const secret = secrets.update(String(properties['SecretId']), {
      policy: JSON.stringify(properties['ResourcePolicy']),
    });
    return { physicalId: secret.arn, attributes: { Id: secret.arn } };
  };
  return {
    type: 'AWS::SecretsManager::ResourcePolicy',
    create: set,
    update: set,
    delete({ physicalId }) {
      if (secrets.find(physicalId)) secrets.update(physicalId, { policy: undefined });
    },
  };
}

/**
 * The first value: given, generated alone, or generated into a template's JSON under a key.
 *
 * @throws Error when the template is not a JSON object, or only one of template and key is given
 */
function initialValue(properties: Readonly<Record<string, unknown>>): string | undefined {
  const generate = properties['GenerateSecretString'] as GenerateSecretString | undefined;
  if (!generate) return properties['SecretString'] as string | undefined;
  const { SecretStringTemplate: template, GenerateStringKey: key } = generate;
  const password = randomPassword(asPasswordOptions(generate));
  if (template === undefined && key === undefined) return password;
  if (template === undefined || key === undefined)
    throw new Error('GenerateSecretString needs both SecretStringTemplate and GenerateStringKey, or neither');
  const object: unknown = JSON.parse(template);
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw new Error('SecretStringTemplate must be a JSON object');
  return JSON.stringify({ ...object, [key]: password });
}

/** Templates may write numbers and booleans as texts. */
function asPasswordOptions(generate: GenerateSecretString): PasswordOptions {
  const truth = (value: unknown): boolean | undefined => (value === undefined ? undefined : String(value) === 'true');
  return {
    PasswordLength: generate.PasswordLength === undefined ? undefined : Number(generate.PasswordLength),
    ExcludeCharacters: generate.ExcludeCharacters,
    ExcludeNumbers: truth(generate.ExcludeNumbers),
    ExcludePunctuation: truth(generate.ExcludePunctuation),
    ExcludeUppercase: truth(generate.ExcludeUppercase),
    ExcludeLowercase: truth(generate.ExcludeLowercase),
    IncludeSpace: truth(generate.IncludeSpace),
    RequireEachIncludedType: truth(generate.RequireEachIncludedType),
  };
}

function describe(secret: Secret): ProvisionedResource {
  return { physicalId: secret.arn, attributes: { Id: secret.arn } };
}

function nameOf(request: ResourceRequest): string {
  const name = request.properties['Name'];
  return typeof name === 'string' ? name : generatedName(request.stackName, request.logicalId, 256);
}

function tagsOf(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  const tags = (properties['Tags'] as { Key: string; Value: string }[] | undefined) ?? [];
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
