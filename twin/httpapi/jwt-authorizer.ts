import type { Clock } from '../clock.ts';
import type { Authorizer } from './definition.ts';

export interface JwtContext {
  readonly claims: Readonly<Record<string, string>>;
  readonly scopes: readonly string[] | null;
}

export type JwtVerdict =
  | { readonly allowed: true; readonly jwt: JwtContext }
  | { readonly allowed: false; readonly statusCode: 401 | 403; readonly headers: Readonly<Record<string, string>> };

/** Public keys of issuers that live in the twin itself, by issuer URL; `undefined` for any other issuer. */
export type LocalKeySets = (issuer: string) => Promise<{ keys: Record<string, unknown>[] }> | undefined;

const unauthorized = (description: string): JwtVerdict => ({
  allowed: false,
  statusCode: 401,
  headers: { 'www-authenticate': `Bearer scope="" error="invalid_token" error_description="${description}"` },
});

/** All claims reach the function as strings, arrays as `[a b]` (payload format 2.0). */
function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(String).join(' ')}]`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * Decides as API Gateway's JWT authorizers do: signature by the issuer's keys, `iss`, `aud` (or `client_id`), `exp`,
 * `nbf`, and at least one of the route's scopes.
 */
export class JwtVerifier {
  readonly #clock: Clock;
  readonly #localKeySets: LocalKeySets;
  readonly #keySets = new Map<string, Promise<unknown>>();

  constructor(clock: Clock, localKeySets: LocalKeySets) {
    this.#clock = clock;
    this.#localKeySets = localKeySets;
  }

  async verify(
    authorizer: Authorizer,
    headerValue: string | undefined,
    routeScopes: readonly string[],
  ): Promise<JwtVerdict> {
    if (!headerValue) return { allowed: false, statusCode: 401, headers: { 'www-authenticate': 'Bearer' } };
    const token = headerValue.replace(/^Bearer\s+/i, '');
    const { jwtVerify } = await import('jose');
    let claims: Record<string, unknown>;
    try {
      const { payload } = await jwtVerify(
        token,
        (await this.#keySet(authorizer.issuer!)) as Parameters<typeof jwtVerify>[1],
        {
          issuer: authorizer.issuer,
          currentDate: new Date(this.#clock.now()),
        },
      );
      claims = payload;
    } catch (error) {
      const code = (error as { code?: string }).code;
      return unauthorized(code === 'ERR_JWT_EXPIRED' ? 'the token has expired' : 'the token is not valid');
    }
    const audiences = [claims['aud'] ?? claims['client_id']].flat();
    if (!audiences.some((audience) => authorizer.audience.includes(String(audience))))
      return unauthorized('the token does not have a valid audience');
    const scopes =
      typeof claims['scope'] === 'string'
        ? claims['scope'].split(' ')
        : Array.isArray(claims['scp'])
          ? claims['scp'].map(String)
          : null;
    if (routeScopes.length > 0 && !routeScopes.some((scope) => scopes?.includes(scope))) {
      return {
        allowed: false,
        statusCode: 403,
        headers: { 'www-authenticate': `Bearer scope="${routeScopes.join(' ')}" error="insufficient_scope"` },
      };
    }
    const texts = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)]));
    return { allowed: true, jwt: { claims: texts, scopes: routeScopes.length > 0 ? scopes : null } };
  }

  /** Keys of the twin's own issuers are asked for each time (they are in memory); others are cached by jose. */
  async #keySet(issuer: string): Promise<unknown> {
    const { createLocalJWKSet, createRemoteJWKSet } = await import('jose');
    const local = this.#localKeySets(issuer);
    if (local) return createLocalJWKSet((await local) as unknown as Parameters<typeof createLocalJWKSet>[0]);
    let remote = this.#keySets.get(issuer);
    if (!remote) {
      remote = fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
        .then((response) => response.json() as Promise<{ jwks_uri: string }>)
        .then(({ jwks_uri }) => createRemoteJWKSet(new URL(jwks_uri)));
      remote.catch(() => this.#keySets.delete(issuer));
      this.#keySets.set(issuer, remote);
    }
    return remote;
  }
}
