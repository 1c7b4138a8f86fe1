import type { CustomResourceOutcome } from '../shared/custom-resource.ts';

/**
 * The account's own IoT endpoints in this Region, which CloudFormation cannot look up.
 * @throws Error when AWS IoT names none
 */
export async function iotEndpoints(
  describeEndpoint: (endpointType: string) => Promise<string | undefined>,
): Promise<CustomResourceOutcome> {
  const data = await describeEndpoint('iot:Data-ATS');
  if (!data) throw new Error('AWS IoT named no endpoint of type iot:Data-ATS');
  return { physicalId: 'iot-endpoints', data: { Data: data } };
}
