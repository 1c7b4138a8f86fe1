import { createPublicKey } from 'node:crypto';

import { AUTHORIZER_NAME, DOMAIN_CONFIGURATION_NAME, ROLE_ALIAS } from './constraints.ts';
import type { RegistryContext } from './context.ts';
import { Definitions } from './definitions.ts';
import { invalidRequest } from './failures.ts';

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

const ROLE_ARN = /^arn:[\w-]+:iam::\d{12}:role\/.+$/;
/** Lifetime of the credential provider's credentials (API reference, CreateRoleAlias). */
const CREDENTIAL_SECONDS = { default: 3600, least: 900, most: 43_200 };

/** @throws AwsError InvalidRequestException */
export function checkRoleAlias(alias: { roleArn: string; credentialDurationSeconds?: number | undefined }): RoleAlias {
  const { roleArn, credentialDurationSeconds = CREDENTIAL_SECONDS.default } = alias;
  if (!ROLE_ARN.test(roleArn)) throw invalidRequest('roleArn must be the ARN of an IAM role');
  if (credentialDurationSeconds < CREDENTIAL_SECONDS.least || credentialDurationSeconds > CREDENTIAL_SECONDS.most) {
    throw invalidRequest(
      `credentialDurationSeconds must be between ${CREDENTIAL_SECONDS.least} and ${CREDENTIAL_SECONDS.most}`,
    );
  }
  return { roleArn, credentialDurationSeconds };
}

/** An authorizer with the API's defaults. @throws AwsError InvalidRequestException */
export function checkAuthorizer(authorizer: Partial<Authorizer>): Authorizer {
  const { authorizerFunctionArn, tokenKeyName, tokenSigningPublicKeys, signingDisabled = false } = authorizer;
  if (!authorizerFunctionArn?.includes(':lambda:'))
    throw invalidRequest('authorizerFunctionArn must be the ARN of a Lambda function');
  if (!signingDisabled && (tokenKeyName === undefined || Object.keys(tokenSigningPublicKeys ?? {}).length === 0)) {
    throw invalidRequest('tokenKeyName and tokenSigningPublicKeys are required unless signing is disabled');
  }
  for (const [name, pem] of Object.entries(tokenSigningPublicKeys ?? {})) checkSigningKey(name, pem);
  return {
    authorizerFunctionArn,
    ...(tokenKeyName !== undefined && { tokenKeyName }),
    ...(tokenSigningPublicKeys && { tokenSigningPublicKeys }),
    status: authorizer.status ?? 'INACTIVE',
    signingDisabled,
    enableCachingForHttp: authorizer.enableCachingForHttp ?? false,
  };
}

/** Developer guide, "Managing custom authorizers": RSA of at least 2,048 bits. */
function checkSigningKey(name: string, pem: string): void {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return;
  } catch {
    // Said below.
  }
  throw invalidRequest(`The token signing key ${name} must be an RSA public key of at least 2048 bits in PEM format`);
}

/** A domain configuration with the API's defaults. @throws AwsError InvalidRequestException */
export function newDomainConfiguration(given: Partial<DomainConfiguration>, now: number): DomainConfiguration {
  if (given.domainName !== undefined && (given.serverCertificateArns ?? []).length === 0) {
    throw invalidRequest('A custom domain name needs a server certificate');
  }
  return {
    domainConfigurationStatus: 'ENABLED',
    ...withoutUndefined(given),
    serviceType: given.serviceType ?? 'DATA',
    domainType: given.domainName === undefined ? 'AWS_MANAGED' : 'CUSTOMER_MANAGED',
    lastStatusChangeAt: now,
  };
}

export function updatedDomainConfiguration(
  before: DomainConfiguration,
  update: Partial<DomainConfiguration>,
  removeAuthorizerConfig: boolean,
  now: number,
): DomainConfiguration {
  const { authorizerConfig, ...after } = { ...before, ...withoutUndefined(update) };
  return {
    ...after,
    ...(authorizerConfig && !removeAuthorizerConfig && { authorizerConfig }),
    lastStatusChangeAt:
      after.domainConfigurationStatus === before.domainConfigurationStatus ? before.lastStatusChangeAt : now,
  };
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
