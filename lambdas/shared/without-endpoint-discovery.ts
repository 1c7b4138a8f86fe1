/**
 * Takes the place of `@aws-sdk/middleware-endpoint-discovery` when functions are bundled. The DynamoDB client asks for its configuration but no
 * operation of ours discovers endpoints, and it would bring a cache library along.
 */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};

export function resolveEndpointDiscoveryConfig<Configuration extends object>(configuration: Configuration) {
  return Object.assign(configuration, { isClientEndpointDiscoveryEnabled: false });
}
