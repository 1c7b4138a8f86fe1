import { DescribeEndpointCommand, IoTClient } from '@aws-sdk/client-iot';
import { customResource } from '../shared/custom-resource.ts';
import { iotEndpoints } from './iot-endpoints.ts';

const iot = new IoTClient({});

export const handler = customResource(() =>
  iotEndpoints(async (endpointType) => (await iot.send(new DescribeEndpointCommand({ endpointType }))).endpointAddress),
);
