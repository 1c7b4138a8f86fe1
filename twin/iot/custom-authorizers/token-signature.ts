import { verify } from 'node:crypto';

/**
 * Whether one of an authorizer's public keys confirms the signature: RSA with SHA-256 over the token's bytes, in base64
 * (developer guide, "Signing the token").
 *
 * @param publicKeys PEM, by the names that the authorizer gives them
 */
export function isSignedBy(
  publicKeys: Readonly<Record<string, string>>,
  token: string,
  signatureBase64: string,
): boolean {
  const signature = Buffer.from(signatureBase64, 'base64');
  return Object.values(publicKeys).some((pem) => verify('sha256', Buffer.from(token), pem, signature));
}
