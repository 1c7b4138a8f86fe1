import { AUTHORIZER_NAME, DOMAIN_CONFIGURATION_NAME, ROLE_ALIAS } from './constraints.ts';
import type { RegistryContext } from './context.ts';
import { Definitions } from './definitions.ts';

export interface RoleAlias {
  readonly roleArn: string;
  readonly credentialDurationSeconds: number;
}

export interface Authorizer {
  readonly authorizerFunctionArn: string;
  readonly tokenKeyName?: string;
  readonly tokenSigningPublicKeys?: Readonly<Record<string, string>>;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly signingDisabled: boolean;
  readonly enableCachingForHttp: boolean;
}

export interface DomainConfiguration {
  readonly domainName?: string;
  readonly serverCertificateArns?: readonly string[];
  readonly validationCertificateArn?: string;
  readonly authorizerConfig?: { readonly defaultAuthorizerName?: string; readonly allowAuthorizerOverride?: boolean };
  readonly domainConfigurationStatus: 'ENABLED' | 'DISABLED';
  readonly serviceType: 'DATA' | 'CREDENTIAL_PROVIDER' | 'JOBS';
  readonly domainType: 'ENDPOINT' | 'AWS_MANAGED' | 'CUSTOMER_MANAGED';
  readonly lastStatusChangeAt: number;
  readonly tlsConfig?: { readonly securityPolicy?: string };
  readonly serverCertificateConfig?: Readonly<Record<string, unknown>>;
  readonly authenticationType?: string;
  readonly applicationProtocol?: string;
  readonly clientCertificateConfig?: { readonly clientCertificateCallbackArn?: string };
}

export interface CertificateProvider {
  readonly lambdaFunctionArn: string;
  readonly accountDefaultForOperations: readonly string[];
}

/** The definitions that others act on: the broker, the credential provider, provisioning. */
export interface AccountDefinitions {
  readonly roleAliases: Definitions<RoleAlias>;
  readonly authorizers: Definitions<Authorizer>;
  readonly domainConfigurations: Definitions<DomainConfiguration>;
  readonly certificateProviders: Definitions<CertificateProvider>;
}

export function openAccountDefinitions(context: RegistryContext): AccountDefinitions {
  return {
    roleAliases: new Definitions<RoleAlias>(context, {
      collection: 'iot.role-aliases',
      arnKind: 'rolealias',
      title: 'Role alias',
      member: 'roleAlias',
      constraint: ROLE_ALIAS,
    }),
    authorizers: new Definitions<Authorizer>(context, {
      collection: 'iot.authorizers',
      arnKind: 'authorizer',
      title: 'Authorizer',
      member: 'authorizerName',
      constraint: AUTHORIZER_NAME,
    }),
    domainConfigurations: new Definitions<DomainConfiguration>(context, {
      collection: 'iot.domain-configurations',
      arnKind: 'domainconfiguration',
      title: 'Domain configuration',
      member: 'domainConfigurationName',
      constraint: DOMAIN_CONFIGURATION_NAME,
    }),
    certificateProviders: new Definitions<CertificateProvider>(context, {
      collection: 'iot.certificate-providers',
      arnKind: 'certificateprovider',
      title: 'Certificate provider',
      member: 'certificateProviderName',
      constraint: ROLE_ALIAS,
    }),
  };
}
