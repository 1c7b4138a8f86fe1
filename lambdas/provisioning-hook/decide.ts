import { provisioningParametersSchema } from '../../contracts/provisioning.ts';
import { violations } from '../../contracts/schema.ts';

/** https://docs.aws.amazon.com/iot/latest/developerguide/pre-provisioning-hook.html */
export interface HookRequest {
  readonly claimCertificateId?: string;
  readonly certificateId?: string;
  readonly clientId?: string;
  readonly templateArn?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface HookResponse {
  readonly allowProvisioning: boolean;
}

/**
 * Whether a device may have the identity that it asks for. A name that is taken goes only to the unit with the same
 * serial number (it lost its key); otherwise whoever holds a claim certificate could become any vehicle.
 */
export async function decide(
  request: HookRequest,
  registered: (thingName: string) => Promise<{ readonly serialNumber?: string } | undefined>,
): Promise<{ readonly allow: boolean; readonly reason: string }> {
  const parameters = request.parameters ?? {};
  const wrong = violations(provisioningParametersSchema, parameters);
  if (wrong.length > 0) {
    return { allow: false, reason: `parameters: ${wrong.map((each) => `${each.pointer} ${each.message}`).join('; ')}` };
  }
  const existing = await registered(parameters['ThingName']!);
  if (!existing) return { allow: true, reason: 'new device' };
  return existing.serialNumber === parameters['SerialNumber']
    ? { allow: true, reason: 'known device with the same serial number' }
    : { allow: false, reason: 'the thing name belongs to a device with another serial number' };
}
