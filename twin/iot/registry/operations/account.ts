import type * as iot from '@aws-sdk/client-iot';

import { AwsError } from '../../../endpoint/service.ts';
import type { OperationDefinition } from '../../../endpoint/service.ts';
import { checkOneOf } from '../constraints.ts';
import { invalidRequest } from '../failures.ts';
import type { Registry } from '../registry.ts';
import type { EventType, IndexingConfiguration, LoggingOptions } from '../settings.ts';
import { EVENT_TYPES } from '../settings.ts';
import { byArn, NOTHING, operation } from './operation.ts';
import { nextToken, pageByToken } from './paging.ts';

/** `host:port` of the twin's own front doors, by DescribeEndpoint's endpoint types. */
export interface IotEndpoints {
  readonly 'iot:Data-ATS': string;
  readonly 'iot:CredentialProvider': string;
  readonly 'iot:Jobs': string;
}

/** What exists once in an account and Region: endpoints, logging, events, indexing; and tags. */
export function accountOperations(registry: Registry, endpoints: IotEndpoints): Record<string, OperationDefinition> {
  return {
    DescribeEndpoint: operation<iot.DescribeEndpointRequest, iot.DescribeEndpointResponse>((input) => ({
      endpointAddress: endpointOf(endpoints, input.endpointType ?? 'iot:Data'),
    })),
    ...loggingOperations(registry),
    ...eventOperations(registry),
    ...tagOperations(registry),
  };
}

function endpointOf(endpoints: IotEndpoints, endpointType: string): string {
  // The endpoint without ATS differs in its certificate only, and the twin has one.
  const type = endpointType === 'iot:Data' ? 'iot:Data-ATS' : endpointType;
  const address = Object.hasOwn(endpoints, type) ? endpoints[type as keyof IotEndpoints] : undefined;
  if (address === undefined) throw invalidRequest(`Endpoint type ${endpointType} is not supported`);
  return address;
}

function loggingOperations(registry: Registry): Record<string, OperationDefinition> {
  const { settings } = registry;
  return {
    SetLoggingOptions: operation<iot.SetLoggingOptionsRequest, object>((input) => {
      const { roleArn, logLevel } = input.loggingOptionsPayload!;
      settings.setLoggingOptions({
        ...(roleArn !== undefined && { roleArn }),
        ...(logLevel && { defaultLogLevel: logLevel }),
      });
      return NOTHING;
    }),
    GetLoggingOptions: operation<iot.GetLoggingOptionsRequest, iot.GetLoggingOptionsResponse>(() => {
      const { roleArn, defaultLogLevel } = settings.loggingOptions;
      return { ...(roleArn !== undefined && { roleArn }), logLevel: defaultLogLevel ?? 'DISABLED' };
    }),
    SetV2LoggingOptions: operation<iot.SetV2LoggingOptionsRequest, object>((input) => {
      const given = Object.entries(input).filter(([, value]) => value !== undefined);
      settings.setLoggingOptions(Object.fromEntries(given) as LoggingOptions);
      return NOTHING;
    }),
    GetV2LoggingOptions: operation<iot.GetV2LoggingOptionsRequest, iot.GetV2LoggingOptionsResponse>(() => {
      const options = settings.loggingOptions;
      if (options.roleArn === undefined && options.defaultLogLevel === undefined) {
        throw new AwsError('NotConfiguredException', 'Logging options are not configured', 404);
      }
      return { ...options, disableAllLogs: options.disableAllLogs ?? false } as iot.GetV2LoggingOptionsResponse;
    }),
    SetV2LoggingLevel: operation<iot.SetV2LoggingLevelRequest, object>((input) => {
      const { targetType, targetName } = input.logTarget!;
      if (targetName === undefined && targetType !== 'DEFAULT')
        throw invalidRequest('The log target needs a targetName');
      settings.setLogLevel(targetType!, targetName ?? 'DEFAULT', input.logLevel!);
      return NOTHING;
    }),
    DeleteV2LoggingLevel: operation<iot.DeleteV2LoggingLevelRequest, object>((input) => {
      settings.deleteLogLevel(input.targetType!, input.targetName!);
      return NOTHING;
    }),
    ListV2LoggingLevels: operation<iot.ListV2LoggingLevelsRequest, iot.ListV2LoggingLevelsResponse>((input) => {
      const wanted = (key: string): boolean => input.targetType === undefined || key.startsWith(`${input.targetType}:`);
      const listed = pageByToken(settings.logLevels.keys, input, wanted);
      const configurations = listed.keys.map((key) => {
        const { targetType, targetName, logLevel } = settings.logLevels.get(key)!;
        // The API's own list of types lacks EVENT_TYPE, which only CloudFormation has.
        return { logTarget: { targetType: targetType as iot.LogTargetType, targetName }, logLevel };
      });
      return { logTargetConfigurations: configurations, ...nextToken(listed) };
    }),
  };
}

function eventOperations(registry: Registry): Record<string, OperationDefinition> {
  const { settings } = registry;
  return {
    UpdateEventConfigurations: operation<iot.UpdateEventConfigurationsRequest, iot.UpdateEventConfigurationsResponse>(
      (input) => {
        const enabled: Partial<Record<EventType, boolean>> = {};
        for (const [type, configuration] of Object.entries(input.eventConfigurations ?? {})) {
          enabled[checkOneOf(type, 'eventConfigurations', EVENT_TYPES)] = configuration?.Enabled ?? false;
        }
        settings.setEventConfigurations(enabled);
        return NOTHING;
      },
    ),
    DescribeEventConfigurations: operation<
      iot.DescribeEventConfigurationsRequest,
      iot.DescribeEventConfigurationsResponse
    >(() => {
      const { createdAt, lastModifiedAt } = settings.eventConfigurations;
      return {
        eventConfigurations: Object.fromEntries(
          EVENT_TYPES.map((type) => [type, { Enabled: settings.isEventEnabled(type) }]),
        ),
        ...(createdAt !== undefined && { creationDate: new Date(createdAt) }),
        ...(lastModifiedAt !== undefined && { lastModifiedDate: new Date(lastModifiedAt) }),
      };
    }),
    UpdateIndexingConfiguration: operation<
      iot.UpdateIndexingConfigurationRequest,
      iot.UpdateIndexingConfigurationResponse
    >((input) => {
      const given = Object.entries(input).filter(([, value]) => value !== undefined);
      settings.setIndexingConfiguration(Object.fromEntries(given) as Partial<IndexingConfiguration>);
      return NOTHING;
    }),
    GetIndexingConfiguration: operation<iot.GetIndexingConfigurationRequest, iot.GetIndexingConfigurationResponse>(
      () => settings.indexingConfiguration as unknown as iot.GetIndexingConfigurationResponse,
    ),
  };
}

function tagOperations(registry: Registry): Record<string, OperationDefinition> {
  const { tags } = registry;
  const onResource = byArn('resourceArn');
  return {
    TagResource: operation<iot.TagResourceRequest, iot.TagResourceResponse>((input) => {
      tags.set(input.resourceArn!, input.tags);
      return NOTHING;
    }, onResource),
    UntagResource: operation<iot.UntagResourceRequest, iot.UntagResourceResponse>((input) => {
      tags.remove(input.resourceArn!, input.tagKeys!);
      return NOTHING;
    }, onResource),
    ListTagsForResource: operation<iot.ListTagsForResourceRequest, iot.ListTagsForResourceResponse>(
      (input) => ({ tags: tags.list(input.resourceArn!) }),
      onResource,
    ),
  };
}
