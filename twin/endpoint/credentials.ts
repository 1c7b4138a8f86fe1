import type { Account } from '../account.ts';
import { globalArn } from '../account.ts';
import { AwsError } from './service.ts';
import type { Caller } from './service.ts';
import { verifyQuerySignatureV2 } from './sigv2-query.ts';
import { verifySignature } from './sigv4.ts';
import type { Signature, SignedRequest } from './sigv4.ts';

/** An access key that the twin itself gave out (to a Lambda's role, or by AssumeRole). */
export interface IssuedCredential {
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Milliseconds since the epoch. */
  readonly expiration?: number;
  readonly caller: Caller;
}

export interface CredentialLookup {
  find(accessKeyId: string): IssuedCredential | undefined;
}

/**
 * Who sent a request. A key that the twin issued is verified; every other key, and no key, is the local administrator:
 * the endpoint listens on loopback and belongs to whoever runs it.
 *
 * @throws AwsError InvalidSignatureException, ExpiredTokenException, UnrecognizedClientException
 */
export function identify(
  request: SignedRequest,
  signature: Signature | undefined,
  credentials: CredentialLookup,
  account: Account,
  nowMs: number,
): Caller {
  const issued = signature && credentials.find(signature.accessKeyId);
  if (signature?.presigned && !issued && isFromAnotherSite(request.headers))
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  if (!signature || !issued) return { kind: 'administrator', arn: globalArn(account, 'iam', 'root') };
  if (issued.sessionToken !== undefined && issued.sessionToken !== signature.sessionToken) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  }
  if (issued.expiration !== undefined && nowMs >= issued.expiration) {
    throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired', 403);
  }
  const verify = signature.version === 2 ? verifyQuerySignatureV2 : verifySignature;
  verify(request, signature, issued.secretAccessKey, nowMs);
  return issued.caller;
}

// A page that the user happens to visit can make links and forms with any key in their query; only a key of the twin's
// own, which can be verified, is good there. Typed addresses say `none`, clients that are no browsers nothing.
function isFromAnotherSite(headers: SignedRequest['headers']): boolean {
  return headers['origin'] !== undefined || !['none', undefined].includes(headers['sec-fetch-site']);
}
