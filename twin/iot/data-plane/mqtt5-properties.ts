import { AwsError, type OperationInput } from '../../endpoint/service.ts';
import type { PublicationProperties } from '../publication.ts';

/** `[{"name":"value"}, …]`, as a document or as the JSON text of the request's header. */
function userPropertiesOf(value: unknown): [string, string][] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  try {
    const list = (typeof value === 'string' ? JSON.parse(value) : value) as unknown;
    if (!Array.isArray(list)) throw new Error('it is not an array');
    return list.flatMap((item) =>
      Object.entries(item as object).map(([name, text]): [string, string] => [name, String(text)]),
    );
  } catch (error) {
    throw new AwsError(
      'InvalidRequestException',
      `userProperties must be a JSON array of objects: ${(error as Error).message}`,
    );
  }
}

/** The MQTT 5 properties that Publish and SendDirectMessage take (iot-data API reference). */
export function propertiesOf(input: OperationInput): PublicationProperties {
  const correlationData = input['correlationData'] as string | undefined;
  const userProperties = userPropertiesOf(input['userProperties']);
  return {
    ...(input['payloadFormatIndicator'] !== undefined && {
      payloadFormatIndicator: input['payloadFormatIndicator'] === 'UTF8_DATA',
    }),
    ...(input['contentType'] !== undefined && { contentType: String(input['contentType']) }),
    ...(input['responseTopic'] !== undefined && { responseTopic: String(input['responseTopic']) }),
    ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData, 'base64') }),
    ...(userProperties && { userProperties }),
    ...(input['messageExpiry'] !== undefined && { messageExpiryInterval: Number(input['messageExpiry']) }),
  };
}
