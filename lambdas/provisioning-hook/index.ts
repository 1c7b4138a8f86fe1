import { DescribeThingCommand, IoTClient } from '@aws-sdk/client-iot';
import { isAwsError } from '../shared/aws-error.ts';
import { logger } from '../shared/logger.ts';
import { decide, type HookRequest, type HookResponse } from './decide.ts';

// Two attempts: AWS IoT waits 5 seconds for a verdict and takes silence for a refusal.
const iot = new IoTClient({ maxAttempts: 2 });

async function serialNumberOf(thingName: string): Promise<{ serialNumber?: string } | undefined> {
  try {
    const { attributes } = await iot.send(new DescribeThingCommand({ thingName }));
    return { serialNumber: attributes?.['serialNumber'] };
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}

export async function handler(request: HookRequest): Promise<HookResponse> {
  const { allow, reason } = await decide(request, serialNumberOf);
  // The reason stays here: a device that may be hostile learns only that it was refused.
  logger[allow ? 'info' : 'warn'](allow ? 'provisioning allowed' : 'provisioning refused', {
    reason,
    thing: request.parameters?.['ThingName'],
    clientId: request.clientId,
    certificateId: request.certificateId,
    claimCertificateId: request.claimCertificateId,
  });
  return { allowProvisioning: allow };
}
