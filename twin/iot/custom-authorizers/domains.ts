import type { ConnectRequest } from '../broker/ports.ts';
import type { DomainConfiguration } from '../registry/account-definitions.ts';
import type { Registry } from '../registry/registry.ts';

export type AuthenticationType = 'CUSTOM_AUTH_X509' | 'CUSTOM_AUTH' | 'AWS_X509' | 'AWS_SIGV4' | 'DEFAULT';

/** What the endpoint that a client called says about its authentication. */
export interface EndpointAuthentication {
  readonly authenticationType: AuthenticationType;
  readonly defaultAuthorizerName?: string;
  /** Whether the client may name another authorizer. */
  readonly mayName: boolean;
}

/**
 * Finds the domain configuration of the endpoint that a client called. A configured domain is known by its name. AWS's
 * own domains have names here that are all the twin's one host: it takes the first default authorizer among their
 * configurations, then the account's (SetDefaultAuthorizer), and lets the client name any other.
 */
export function endpointAuthentication(
  registry: Registry,
  request: Pick<ConnectRequest, 'serverName' | 'http'>,
): EndpointAuthentication {
  const { own, managed } = calledConfigurations(registry, calledName(request));
  const accountDefault = registry.settings.defaultAuthorizer;
  if (own) {
    const { defaultAuthorizerName = accountDefault, allowAuthorizerOverride = false } = own.authorizerConfig ?? {};
    return {
      authenticationType: (own.authenticationType ?? 'DEFAULT') as AuthenticationType,
      ...(defaultAuthorizerName !== undefined && { defaultAuthorizerName }),
      mayName: own.authorizerConfig?.defaultAuthorizerName === undefined || allowAuthorizerOverride,
    };
  }
  const defaultAuthorizerName =
    managed.map(({ authorizerConfig }) => authorizerConfig?.defaultAuthorizerName).find((name) => name !== undefined) ??
    accountDefault;
  return {
    authenticationType: 'DEFAULT',
    ...(defaultAuthorizerName !== undefined && { defaultAuthorizerName }),
    mayName: true,
  };
}

const TLS_1_2 = ['TLSv1.2'];
const TLS_1_3 = ['TLSv1.3'];

/** Versions that a security policy takes (developer guide, "Transport security in AWS IoT Core"); none named is the default one. */
const TLS_VERSIONS: Readonly<Record<string, readonly string[]>> = {
  IoTSecurityPolicy_TLS13_1_3_2022_10: TLS_1_3,
  IoTSecurityPolicy_TLS13_1_2_2022_10: [...TLS_1_2, ...TLS_1_3],
  IoTSecurityPolicy_TLS12_1_2_2022_10: TLS_1_2,
  IoTSecurityPolicy_TLS12_1_0_2016_01: TLS_1_2,
  IoTSecurityPolicy_TLS12_1_0_2015_01: TLS_1_2,
};

/**
 * Whether the endpoint that a client called takes its version of TLS. A configured domain goes by its own security
 * policy; of AWS's own domains, which are one host here, it is enough that one takes it.
 *
 * @param version as `tls.TLSSocket.getProtocol` names it
 */
export function acceptsTls(registry: Registry, serverName: string | undefined, version: string): boolean {
  const { own, managed } = calledConfigurations(registry, serverName?.toLowerCase());
  const called = own ? [own] : managed;
  return (
    called.length === 0 ||
    called.some(({ tlsConfig }) => TLS_VERSIONS[tlsConfig?.securityPolicy ?? '']?.includes(version) ?? true)
  );
}

/** The domain of this name, if there is one, and the domains of AWS. */
function calledConfigurations(
  registry: Registry,
  name: string | undefined,
): { own: DomainConfiguration | undefined; managed: readonly DomainConfiguration[] } {
  const enabled = [...registry.definitions.domainConfigurations.table.values()]
    .map(({ value }) => value)
    .filter(({ serviceType, domainConfigurationStatus: status }) => serviceType === 'DATA' && status === 'ENABLED');
  return {
    own: enabled.find(({ domainName }) => domainName !== undefined && domainName.toLowerCase() === name),
    managed: enabled.filter(({ domainType }) => domainType === 'AWS_MANAGED'),
  };
}

/** The server name of the TLS handshake; HTTP clients may say it in the Host header instead. */
function calledName({ serverName, http }: Pick<ConnectRequest, 'serverName' | 'http'>): string | undefined {
  return (serverName ?? http?.headers['host']?.replace(/:\d+$/, ''))?.toLowerCase();
}
