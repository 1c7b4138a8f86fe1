import type {
  ExistingResource,
  ProvisionedResource,
  ResourceProvider,
  ResourceRequest,
} from '../../../cloudformation/provider.ts';
import type { Authorizer, CertificateProvider, DomainConfiguration } from '../account-definitions.ts';
import { checkAuthorizer, checkRoleAlias, newDomainConfiguration } from '../account-definitions.ts';
import type { Definition, Definitions } from '../definitions.ts';
import type { Registry } from '../registry.ts';
import type { Properties } from './properties.ts';
import { camelCased, nameOf, optionalFlag, optionalNumber, optionalText, tagsOf } from './properties.ts';

/** `AWS::IoT::RoleAlias`, `Authorizer`, `DomainConfiguration`, `CertificateProvider`: Ref is the name. */
export function definitionProviders(registry: Registry): ResourceProvider[] {
  const { roleAliases, authorizers, domainConfigurations, certificateProviders } = registry.definitions;
  const announce = (): void => registry.changes.announce({ kind: 'domain-configurations' });
  return [
    definitionProvider(registry, roleAliases, 'AWS::IoT::RoleAlias', 'RoleAlias', {
      read: (properties) =>
        checkRoleAlias({
          roleArn: String(properties['RoleArn']),
          credentialDurationSeconds: optionalNumber(properties, 'CredentialDurationSeconds'),
        }),
      attributes: ({ arn }) => ({ RoleAliasArn: arn }),
    }),
    definitionProvider(registry, authorizers, 'AWS::IoT::Authorizer', 'AuthorizerName', {
      read: readAuthorizer,
      attributes: ({ arn }) => ({ Arn: arn }),
    }),
    definitionProvider(registry, domainConfigurations, 'AWS::IoT::DomainConfiguration', 'DomainConfigurationName', {
      read: (properties) => newDomainConfiguration(readDomainConfiguration(properties), registry.clock.now()),
      attributes: domainAttributes,
      changed: announce,
    }),
    definitionProvider(registry, certificateProviders, 'AWS::IoT::CertificateProvider', 'CertificateProviderName', {
      read: (properties): CertificateProvider => ({
        lambdaFunctionArn: String(properties['LambdaFunctionArn']),
        accountDefaultForOperations: properties['AccountDefaultForOperations'] as string[],
      }),
      attributes: ({ arn }) => ({ Arn: arn }),
    }),
  ];
}

interface DefinitionShape<T> {
  readonly read: (properties: Properties) => T;
  readonly attributes: (definition: Definition<T>) => Record<string, unknown>;
  readonly changed?: () => void;
}

function definitionProvider<T extends object>(
  registry: Registry,
  definitions: Definitions<T>,
  type: string,
  nameProperty: string,
  shape: DefinitionShape<T>,
): ResourceProvider {
  const settle = (definition: Definition<T>, properties: Properties): ProvisionedResource => {
    registry.tags.replace(definition.arn, tagsOf(properties));
    shape.changed?.();
    return { physicalId: definition.name, attributes: shape.attributes(definition) };
  };
  const create = (request: ResourceRequest): ProvisionedResource =>
    settle(definitions.create(nameOf(request, nameProperty), shape.read(request.properties)), request.properties);
  return {
    type,
    create,
    update: (request: ExistingResource) => {
      if (nameOf(request, nameProperty) !== request.physicalId) return create(request);
      return settle(definitions.replace(request.physicalId, shape.read(request.properties)), request.properties);
    },
    delete: ({ physicalId }) => {
      if (!definitions.get(physicalId)) return;
      definitions.delete(physicalId);
      registry.tags.forget(definitions.arnOf(physicalId));
      shape.changed?.();
    },
  };
}

function readAuthorizer(properties: Properties): Authorizer {
  const tokenKeyName = optionalText(properties, 'TokenKeyName');
  return checkAuthorizer({
    authorizerFunctionArn: String(properties['AuthorizerFunctionArn']),
    ...(tokenKeyName !== undefined && { tokenKeyName }),
    ...(properties['TokenSigningPublicKeys'] !== undefined && {
      tokenSigningPublicKeys: properties['TokenSigningPublicKeys'] as Record<string, string>,
    }),
    // CloudFormation's default differs from the API's.
    status: (optionalText(properties, 'Status') ?? 'ACTIVE') as Authorizer['status'],
    signingDisabled: optionalFlag(properties, 'SigningDisabled') ?? false,
    enableCachingForHttp: optionalFlag(properties, 'EnableCachingForHttp') ?? false,
  });
}

function readDomainConfiguration(properties: Properties): Partial<DomainConfiguration> {
  const { Tags: _tags, DomainConfigurationName: _name, ...members } = properties;
  return camelCased(members) as Partial<DomainConfiguration>;
}

function domainAttributes({ arn, value }: Definition<DomainConfiguration>): Record<string, unknown> {
  return {
    Arn: arn,
    DomainType: value.domainType,
    ServerCertificates: (value.serverCertificateArns ?? []).map((serverCertificateArn) => ({
      ServerCertificateArn: serverCertificateArn,
      ServerCertificateStatus: 'VALID',
    })),
  };
}
