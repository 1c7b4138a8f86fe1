import type { ProvisionedResource, ResourceProvider } from '../../../cloudformation/provider.ts';
import type { Registry } from '../registry.ts';
import type { LogEventConfiguration, LogLevel, LogTargetType } from '../settings.ts';
import type { Properties } from './properties.ts';
import { camelCased } from './properties.ts';

/** `AWS::IoT::Logging` (one for an account) and `AWS::IoT::ResourceSpecificLogging`. */
export function loggingProviders(registry: Registry): ResourceProvider[] {
  const { settings } = registry;
  const setOptions = (properties: Properties): ProvisionedResource => {
    settings.setLoggingOptions({
      roleArn: String(properties['RoleArn']),
      defaultLogLevel: properties['DefaultLogLevel'] as LogLevel,
      disableAllLogs: properties['DefaultLogLevel'] === 'DISABLED',
      eventConfigurations: camelCased(properties['EventConfigurations'] ?? []) as LogEventConfiguration[],
    });
    return { physicalId: String(properties['AccountId']) };
  };
  const setLevel = ({ TargetType, TargetName, LogLevel: level }: Properties): ProvisionedResource => {
    settings.setLogLevel(TargetType as LogTargetType, String(TargetName), level as LogLevel);
    const targetId = `${String(TargetType)}:${String(TargetName)}`;
    return { physicalId: targetId, attributes: { TargetId: targetId } };
  };
  return [
    {
      type: 'AWS::IoT::Logging',
      create: ({ properties }) => setOptions(properties),
      update: ({ properties }) => setOptions(properties),
      delete: () => settings.clearLoggingOptions(),
    },
    {
      type: 'AWS::IoT::ResourceSpecificLogging',
      create: ({ properties }) => setLevel(properties),
      update: ({ properties }) => setLevel(properties),
      delete: ({ physicalId }) => {
        const colon = physicalId.indexOf(':');
        settings.deleteLogLevel(physicalId.slice(0, colon) as LogTargetType, physicalId.slice(colon + 1));
      },
    },
  ];
}
