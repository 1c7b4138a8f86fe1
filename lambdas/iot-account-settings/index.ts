import { IoTClient, UpdateEventConfigurationsCommand, UpdateIndexingConfigurationCommand } from '@aws-sdk/client-iot';
import { customResource } from '../shared/custom-resource.ts';
import { iotAccountSettings } from './iot-account-settings.ts';

const iot = new IoTClient({});

export const handler = customResource((properties) =>
  iotAccountSettings(properties, {
    updateEventConfigurations: (eventConfigurations) =>
      iot.send(new UpdateEventConfigurationsCommand({ eventConfigurations })),
    updateIndexingConfiguration: (thingIndexingConfiguration) =>
      iot.send(new UpdateIndexingConfigurationCommand({ thingIndexingConfiguration })),
  }),
);
