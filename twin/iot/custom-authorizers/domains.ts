import type { ConnectRequest } from '../broker/ports.ts';
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
  const name = calledName(request);
  const enabled = [...registry.definitions.domainConfigurations.table.values()]
    .map(({ value }) => value)
    .filter(({ serviceType, domainConfigurationStatus: status }) => serviceType === 'DATA' && status === 'ENABLED');
  const own = enabled.find(({ domainName }) => domainName !== undefined && domainName.toLowerCase() === name);
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
    enabled.find((each) => each.domainType === 'AWS_MANAGED' && each.authorizerConfig?.defaultAuthorizerName)
      ?.authorizerConfig?.defaultAuthorizerName ?? accountDefault;
  return {
    authenticationType: 'DEFAULT',
    ...(defaultAuthorizerName !== undefined && { defaultAuthorizerName }),
    mayName: true,
  };
}

/** The server name of the TLS handshake; HTTP clients may say it in the Host header instead. */
function calledName({ serverName, http }: Pick<ConnectRequest, 'serverName' | 'http'>): string | undefined {
  return (serverName ?? http?.headers['host']?.replace(/:\d+$/, ''))?.toLowerCase();
}
