import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../../endpoint/service.ts';
import type { Authorizer, DomainConfiguration } from '../account-definitions.ts';
import {
  checkAuthorizer,
  checkRoleAlias,
  newDomainConfiguration,
  updatedDomainConfiguration,
} from '../account-definitions.ts';
import type { Definition } from '../definitions.ts';
import { deleteConflict, invalidRequest, notFound } from '../failures.ts';
import type { Registry } from '../registry.ts';
import { named, NOTHING, operation } from './operation.ts';
import { nextMarker, nextToken, pageByMarker, pageByToken } from './paging.ts';

/** Role aliases, authorizers, domain configurations and certificate providers. */
export function definitionOperations(registry: Registry): Record<string, OperationDefinition> {
  return {
    ...roleAliasOperations(registry),
    ...authorizerOperations(registry),
    ...domainConfigurationOperations(registry),
    ...certificateProviderOperations(registry),
  };
}

function roleAliasOperations(registry: Registry): Record<string, OperationDefinition> {
  const { roleAliases } = registry.definitions;
  const onAlias = named('rolealias', 'roleAlias');
  return {
    CreateRoleAlias: operation<iot.CreateRoleAliasRequest, iot.CreateRoleAliasResponse>((input) => {
      const { roleArn, credentialDurationSeconds } = input;
      const { name, arn } = roleAliases.create(
        input.roleAlias!,
        checkRoleAlias({ roleArn: roleArn!, credentialDurationSeconds }),
      );
      registry.tags.set(arn, input.tags);
      return { roleAlias: name, roleAliasArn: arn };
    }, onAlias),
    DescribeRoleAlias: operation<iot.DescribeRoleAliasRequest, iot.DescribeRoleAliasResponse>((input) => {
      const { name, arn, value, createdAt, lastModifiedAt } = roleAliases.describe(input.roleAlias!);
      return {
        roleAliasDescription: {
          roleAlias: name,
          roleAliasArn: arn,
          ...value,
          owner: registry.account.accountId,
          creationDate: new Date(createdAt),
          lastModifiedDate: new Date(lastModifiedAt),
        },
      };
    }, onAlias),
    UpdateRoleAlias: operation<iot.UpdateRoleAliasRequest, iot.UpdateRoleAliasResponse>((input) => {
      const before = roleAliases.describe(input.roleAlias!).value;
      const { roleArn = before.roleArn, credentialDurationSeconds = before.credentialDurationSeconds } = input;
      const { name, arn } = roleAliases.replace(
        input.roleAlias!,
        checkRoleAlias({ roleArn, credentialDurationSeconds }),
      );
      return { roleAlias: name, roleAliasArn: arn };
    }, onAlias),
    DeleteRoleAlias: operation<iot.DeleteRoleAliasRequest, iot.DeleteRoleAliasResponse>((input) => {
      roleAliases.delete(input.roleAlias!);
      return NOTHING;
    }, onAlias),
    ListRoleAliases: operation<iot.ListRoleAliasesRequest, iot.ListRoleAliasesResponse>((input) => {
      const listed = pageByMarker(roleAliases.table.keys, input);
      return { roleAliases: [...listed.keys], ...nextMarker(listed) };
    }),
  };
}

function authorizerOperations(registry: Registry): Record<string, OperationDefinition> {
  const { settings, tags, definitions } = registry;
  const { authorizers } = definitions;
  const onAuthorizer = named('authorizer', 'authorizerName');
  return {
    CreateAuthorizer: operation<iot.CreateAuthorizerRequest, iot.CreateAuthorizerResponse>((input) => {
      const { name, arn } = authorizers.create(input.authorizerName!, checkAuthorizer(input as Partial<Authorizer>));
      tags.set(arn, input.tags);
      return { authorizerName: name, authorizerArn: arn };
    }, onAuthorizer),
    DescribeAuthorizer: operation<iot.DescribeAuthorizerRequest, iot.DescribeAuthorizerResponse>(
      (input) => ({ authorizerDescription: describedAuthorizer(authorizers.describe(input.authorizerName!)) }),
      onAuthorizer,
    ),
    UpdateAuthorizer: operation<iot.UpdateAuthorizerRequest, iot.UpdateAuthorizerResponse>((input) => {
      const { authorizerName, ...update } = input;
      const before = authorizers.describe(authorizerName!).value;
      const given = Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined));
      const { name, arn } = authorizers.replace(authorizerName!, checkAuthorizer({ ...before, ...given }));
      return { authorizerName: name, authorizerArn: arn };
    }, onAuthorizer),
    DeleteAuthorizer: operation<iot.DeleteAuthorizerRequest, iot.DeleteAuthorizerResponse>((input) => {
      const authorizer = authorizers.describe(input.authorizerName!);
      if (settings.defaultAuthorizer === authorizer.name)
        throw deleteConflict(`Authorizer ${authorizer.name} is the default authorizer`);
      if (authorizer.value.status === 'ACTIVE')
        throw deleteConflict(`Authorizer ${authorizer.name} must be INACTIVE before deletion`);
      authorizers.delete(authorizer.name);
      tags.forget(authorizer.arn);
      return NOTHING;
    }, onAuthorizer),
    ListAuthorizers: operation<iot.ListAuthorizersRequest, iot.ListAuthorizersResponse>((input) => {
      const wanted = (key: string): boolean =>
        input.status === undefined || authorizers.describe(key).value.status === input.status;
      const listed = pageByMarker(authorizers.table.keys, input, wanted);
      return {
        authorizers: listed.keys.map((key) => ({ authorizerName: key, authorizerArn: authorizers.arnOf(key) })),
        ...nextMarker(listed),
      };
    }),
    SetDefaultAuthorizer: operation<iot.SetDefaultAuthorizerRequest, iot.SetDefaultAuthorizerResponse>((input) => {
      const { name, arn } = authorizers.describe(input.authorizerName!);
      settings.setDefaultAuthorizer(name);
      return { authorizerName: name, authorizerArn: arn };
    }, onAuthorizer),
    ClearDefaultAuthorizer: operation<iot.ClearDefaultAuthorizerRequest, iot.ClearDefaultAuthorizerResponse>(() => {
      settings.setDefaultAuthorizer(undefined);
      return NOTHING;
    }),
    DescribeDefaultAuthorizer: operation<iot.DescribeDefaultAuthorizerRequest, iot.DescribeDefaultAuthorizerResponse>(
      () => {
        const name = settings.defaultAuthorizer;
        if (name === undefined) throw notFound('There is no default authorizer');
        return { authorizerDescription: describedAuthorizer(authorizers.describe(name)) };
      },
    ),
  };
}

function describedAuthorizer({
  name,
  arn,
  value,
  createdAt,
  lastModifiedAt,
}: Definition<Authorizer>): iot.AuthorizerDescription {
  return {
    authorizerName: name,
    authorizerArn: arn,
    ...value,
    creationDate: new Date(createdAt),
    lastModifiedDate: new Date(lastModifiedAt),
  } as iot.AuthorizerDescription;
}

function domainConfigurationOperations(registry: Registry): Record<string, OperationDefinition> {
  const { changes, clock, tags, definitions } = registry;
  const { domainConfigurations } = definitions;
  const onConfiguration = named('domainconfiguration', 'domainConfigurationName');
  const changed = <T>(result: T): T => (changes.announce({ kind: 'domain-configurations' }), result);
  return {
    CreateDomainConfiguration: operation<iot.CreateDomainConfigurationRequest, iot.CreateDomainConfigurationResponse>(
      (input) => {
        const { domainConfigurationName, tags: ownTags, ...value } = input;
        const { name, arn } = domainConfigurations.create(
          domainConfigurationName!,
          newDomainConfiguration(value as Partial<DomainConfiguration>, clock.now()),
        );
        tags.set(arn, ownTags);
        return changed({ domainConfigurationName: name, domainConfigurationArn: arn });
      },
      onConfiguration,
    ),
    DescribeDomainConfiguration: operation<
      iot.DescribeDomainConfigurationRequest,
      iot.DescribeDomainConfigurationResponse
    >((input) => {
      const { name, arn, value } = domainConfigurations.describe(input.domainConfigurationName!);
      const { serverCertificateArns, lastStatusChangeAt, validationCertificateArn: _, ...members } = value;
      return {
        domainConfigurationName: name,
        domainConfigurationArn: arn,
        ...members,
        serverCertificates: (serverCertificateArns ?? []).map((serverCertificateArn) => ({
          serverCertificateArn,
          serverCertificateStatus: 'VALID',
        })),
        lastStatusChangeDate: new Date(lastStatusChangeAt),
      } as iot.DescribeDomainConfigurationResponse;
    }, onConfiguration),
    UpdateDomainConfiguration: operation<iot.UpdateDomainConfigurationRequest, iot.UpdateDomainConfigurationResponse>(
      (input) => {
        const { domainConfigurationName, removeAuthorizerConfig, ...update } = input;
        const before = domainConfigurations.describe(domainConfigurationName!).value;
        const after = updatedDomainConfiguration(
          before,
          update as Partial<DomainConfiguration>,
          removeAuthorizerConfig ?? false,
          clock.now(),
        );
        const { name, arn } = domainConfigurations.replace(domainConfigurationName!, after);
        return changed({ domainConfigurationName: name, domainConfigurationArn: arn });
      },
      onConfiguration,
    ),
    DeleteDomainConfiguration: operation<iot.DeleteDomainConfigurationRequest, iot.DeleteDomainConfigurationResponse>(
      (input) => {
        const { name, arn, value } = domainConfigurations.describe(input.domainConfigurationName!);
        if (value.domainConfigurationStatus === 'ENABLED') {
          throw invalidRequest(`Domain configuration ${name} must be DISABLED before deletion`);
        }
        domainConfigurations.delete(name);
        tags.forget(arn);
        return changed(NOTHING);
      },
      onConfiguration,
    ),
    ListDomainConfigurations: operation<iot.ListDomainConfigurationsRequest, iot.ListDomainConfigurationsResponse>(
      (input) => {
        const wanted = (key: string): boolean =>
          input.serviceType === undefined || domainConfigurations.describe(key).value.serviceType === input.serviceType;
        const listed = pageByMarker(domainConfigurations.table.keys, input, wanted);
        const configurations = listed.keys.map((key) => ({
          domainConfigurationName: key,
          domainConfigurationArn: domainConfigurations.arnOf(key),
          serviceType: domainConfigurations.describe(key).value.serviceType,
        }));
        return { domainConfigurations: configurations, ...nextMarker(listed) };
      },
    ),
  };
}

function certificateProviderOperations(registry: Registry): Record<string, OperationDefinition> {
  const { certificateProviders } = registry.definitions;
  const onProvider = named('certificateprovider', 'certificateProviderName');
  return {
    CreateCertificateProvider: operation<iot.CreateCertificateProviderRequest, iot.CreateCertificateProviderResponse>(
      (input) => {
        const { name, arn } = certificateProviders.create(input.certificateProviderName!, {
          lambdaFunctionArn: input.lambdaFunctionArn!,
          accountDefaultForOperations: input.accountDefaultForOperations!,
        });
        registry.tags.set(arn, input.tags);
        return { certificateProviderName: name, certificateProviderArn: arn };
      },
      onProvider,
    ),
    DescribeCertificateProvider: operation<
      iot.DescribeCertificateProviderRequest,
      iot.DescribeCertificateProviderResponse
    >((input) => {
      const { name, arn, value, createdAt, lastModifiedAt } = certificateProviders.describe(
        input.certificateProviderName!,
      );
      return {
        certificateProviderName: name,
        certificateProviderArn: arn,
        lambdaFunctionArn: value.lambdaFunctionArn,
        accountDefaultForOperations: [...value.accountDefaultForOperations] as iot.CertificateProviderOperation[],
        creationDate: new Date(createdAt),
        lastModifiedDate: new Date(lastModifiedAt),
      };
    }, onProvider),
    UpdateCertificateProvider: operation<iot.UpdateCertificateProviderRequest, iot.UpdateCertificateProviderResponse>(
      (input) => {
        const { certificateProviderName, lambdaFunctionArn, accountDefaultForOperations } = input;
        const { name, arn } = certificateProviders.update(certificateProviderName!, {
          lambdaFunctionArn,
          accountDefaultForOperations,
        });
        return { certificateProviderName: name, certificateProviderArn: arn };
      },
      onProvider,
    ),
    DeleteCertificateProvider: operation<iot.DeleteCertificateProviderRequest, iot.DeleteCertificateProviderResponse>(
      (input) => {
        certificateProviders.delete(input.certificateProviderName!);
        return NOTHING;
      },
      onProvider,
    ),
    ListCertificateProviders: operation<iot.ListCertificateProvidersRequest, iot.ListCertificateProvidersResponse>(
      (input) => {
        const listed = pageByToken(certificateProviders.table.keys, input);
        return {
          certificateProviders: listed.keys.map((key) => ({
            certificateProviderName: key,
            certificateProviderArn: certificateProviders.arnOf(key),
          })),
          ...nextToken(listed),
        };
      },
    ),
  };
}
