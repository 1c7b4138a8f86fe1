import { globalArn, type Account } from '../../account.ts';
import type { HttpContext, SigningCredential } from './ports.ts';

/**
 * Whoever signs with a key that the twin did not give out, as at the twin's AWS endpoint: the signature cannot be
 * checked, but the twin listens on loopback and belongs to whoever runs it.
 */
export function localAdministrator(account: Account): SigningCredential {
  return { principal: globalArn(account, 'iam', 'root') };
}

/** Why a credential may not be used now, apart from its signature; undefined when it may. */
export function unusable(
  { secretAccessKey, sessionToken, expiration }: SigningCredential,
  passedToken: string | undefined,
  { headers }: Pick<HttpContext, 'headers'>,
  nowMs: number,
): string | undefined {
  if (sessionToken !== undefined && sessionToken !== passedToken) return 'the security token is missing or wrong';
  if (expiration !== undefined && nowMs >= expiration) return 'the security token has expired';
  // A page that the user happens to visit can open connections with any key; only a verified one is good there.
  if (secretAccessKey === undefined && isForeignOrigin(headers['origin']))
    return `the page ${headers['origin']} did not sign with a key of the twin`;
  return undefined;
}

function isForeignOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return false;
  try {
    return !['localhost', '127.0.0.1', '[::1]'].includes(new URL(origin).hostname);
  } catch {
    return true;
  }
}
