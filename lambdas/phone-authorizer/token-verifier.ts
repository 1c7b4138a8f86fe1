import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';

export interface TokenUser {
  readonly subject: string;
  /** Unix time in seconds. */
  readonly expiresAt: number;
}

export interface TokenIssuer {
  /** `iss` of its tokens; its OpenID Connect discovery document is below this URL. */
  readonly issuer: string;
  /** `aud` of the tokens that are meant for this backbone. */
  readonly audience: string;
}

/** The token is not good; any other error means that it could not be judged. */
export class InvalidToken extends Error {}

/** Asymmetric ones: a key that only the issuer has. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** AWS IoT waits five seconds for the verdict: discovery and keys share them with the table. */
const FETCH_TIMEOUT_MS = 1_500;
const KEYS_KEPT_MS = 10 * 60_000;
/** However many tokens name unknown keys, the issuer is asked no more often than this. */
const KEYS_COOLDOWN_MS = 30_000;
const CLOCK_SKEW_SECONDS = 5;

/** What jose throws when the token is at fault, not the way to the issuer. */
const FAULTS_OF_THE_TOKEN = [
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/** Verifies tokens of one OpenID Connect provider. Its keys are fetched once and kept as long as the execution environment lives and they are fresh. */
export class TokenVerifier {
  readonly #issuer: TokenIssuer;
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(issuer: TokenIssuer) {
    this.#issuer = issuer;
  }

  /** @throws InvalidToken; Error when the issuer's keys could not be had */
  async verify(token: string): Promise<TokenUser> {
    const { issuer, audience } = this.#issuer;
    try {
      const { payload } = await jwtVerify(token, await this.#keySet(), {
        ...{ issuer, audience, algorithms: ALGORITHMS },
        requiredClaims: ['sub', 'exp'],
        clockTolerance: CLOCK_SKEW_SECONDS,
      });
      return { subject: payload.sub!, expiresAt: payload.exp! };
    } catch (error) {
      if (FAULTS_OF_THE_TOKEN.some((fault) => error instanceof fault)) throw new InvalidToken((error as Error).message);
      throw error;
    }
  }

  #keySet(): Promise<JWTVerifyGetKey> {
    return (this.#keys ??= discoverKeys(this.#issuer.issuer).catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    }));
  }
}

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (document.issuer !== issuer) throw new Error(`${url} is the document of ${String(document.issuer)}`);
  return createRemoteJWKSet(keysUrl(document.jwks_uri, issuer), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    cacheMaxAge: KEYS_KEPT_MS,
  });
}

/** Keys that came over a weaker protocol than the issuer's own would be anybody's. */
function keysUrl(uri: unknown, issuer: string): URL {
  const url = typeof uri === 'string' && URL.canParse(uri) ? new URL(uri) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== new URL(issuer).protocol))
    throw new Error(`the jwks_uri of ${issuer} is ${String(uri)}`);
  return url;
}
