import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import { readSignature, verifySignature, type SignedRequest } from '../../endpoint/sigv4.ts';
import type { SigningCredentials } from './ports.ts';
import type { SignatureCheck } from './presigned-url.ts';
import { unusable } from './signing-credentials.ts';

/** Signing names of the data endpoint (developer guide, "Device communication protocols"; SDKs sign as `iotdata`). */
const SIGNING_NAMES = ['iotdata', 'iotdevicegateway'];

/**
 * Checks the Signature Version 4 of an HTTPS request, in its Authorization header or its query.
 *
 * @returns undefined when the request is not signed
 */
export async function verifySignedRequest(
  request: SignedRequest,
  credentials: SigningCredentials | undefined,
  clock: Clock,
): Promise<SignatureCheck> {
  try {
    const signature = readSignature(request.headers, new URLSearchParams(request.queryString));
    if (!signature) return undefined;
    const { accessKeyId, service } = signature;
    if (!SIGNING_NAMES.includes(service))
      return { invalid: `Credential should be scoped to correct service: ${service}` };
    const credential = await credentials?.lookup(accessKeyId);
    if (!credential) return { invalid: `access key ${accessKeyId} is not accepted here` };
    const wrong = unusable(credential, signature.sessionToken, request, clock.now());
    if (wrong) return { invalid: wrong };
    if (credential.secretAccessKey !== undefined)
      verifySignature(request, signature, credential.secretAccessKey, clock.now());
    return { accessKeyId, principal: credential.principal };
  } catch (error) {
    if (error instanceof AwsError) return { invalid: error.message };
    throw error;
  }
}
