import { generateKeyPair, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import { arn, type Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import type { Collection, Store } from '../state/store.ts';

export interface UserPool {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  /** Made at the pool's first token. */
  readonly signingKey?: SigningKey;
}

export interface SigningKey {
  readonly keyId: string;
  /** PKCS #8 PEM of an RSA key. */
  readonly privateKey: string;
}

export interface UserPoolClient {
  readonly clientId: string;
  readonly userPoolId: string;
  readonly name: string;
  readonly secret?: string;
  readonly allowedFlows: readonly string[];
  readonly allowedScopes: readonly string[];
  readonly accessTokenSeconds: number;
}

/** An OAuth error (RFC 6749, section 5.2), as the token endpoint answers it. */
export class OAuthError extends Error {
  readonly error: string;
  readonly statusCode: number;

  constructor(error: string, description: string, statusCode = 400) {
    super(description);
    this.name = 'OAuthError';
    this.error = error;
    this.statusCode = statusCode;
  }
}

export interface TokenRequest {
  readonly grantType: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  /** Space-separated; all that the client may have when absent. */
  readonly scope: string | undefined;
}

export interface AccessToken {
  readonly access_token: string;
  readonly expires_in: number;
  readonly token_type: 'Bearer';
}

const makeKeyPair = promisify(generateKeyPair);

function sameSecret(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Cognito user pools as far as machines use them: clients with secrets, and access tokens for client credentials. */
export class UserPools {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #pools: Collection<UserPool>;
  readonly #clients: Collection<UserPoolClient>;
  readonly #making = new Map<string, Promise<SigningKey>>();

  constructor(options: { account: Account; clock: Clock; store: Store }) {
    this.#account = options.account;
    this.#clock = options.clock;
    this.#pools = options.store.collection('cognito:user-pools');
    this.#clients = options.store.collection('cognito:clients');
  }

  createPool(name: string): UserPool {
    const id = `${this.#account.region}_${randomBytes(12).toString('base64url').replace(/[-_]/g, 'x').slice(0, 9)}`;
    const pool = { id, arn: arn(this.#account, 'cognito-idp', `userpool/${id}`), name };
    this.#pools.set(id, pool);
    return pool;
  }

  renamePool(id: string, name: string): UserPool {
    const pool = { ...this.pool(id), name };
    this.#pools.set(id, pool);
    return pool;
  }

  deletePool(id: string): void {
    this.#pools.delete(id);
  }

  /** @throws Error when there is no such pool */
  pool(id: string): UserPool {
    const pool = this.#pools.get(id);
    if (!pool) throw new Error(`User pool ${id} does not exist.`);
    return pool;
  }

  pools(): UserPool[] {
    return [...this.#pools.values()];
  }

  /** Keeps the id and secret of an existing client, so that an update of its scopes does not lock its apps out. */
  putClient(
    definition: Omit<UserPoolClient, 'clientId' | 'secret'> & { clientId?: string; generateSecret: boolean },
  ): UserPoolClient {
    const { generateSecret, clientId, ...rest } = definition;
    const existing = clientId ? this.#clients.get(clientId) : undefined;
    const client: UserPoolClient = {
      ...rest,
      clientId:
        clientId ??
        BigInt(`0x${randomBytes(17).toString('hex')}`)
          .toString(36)
          .slice(0, 26),
      secret:
        existing?.secret ??
        (generateSecret
          ? BigInt(`0x${randomBytes(34).toString('hex')}`)
              .toString(36)
              .slice(0, 51)
          : undefined),
    };
    this.#clients.set(client.clientId, client);
    return client;
  }

  deleteClient(clientId: string): void {
    this.#clients.delete(clientId);
  }

  client(clientId: string): UserPoolClient | undefined {
    return this.#clients.get(clientId);
  }

  clientsOf(userPoolId: string): UserPoolClient[] {
    return [...this.#clients.values()].filter((client) => client.userPoolId === userPoolId);
  }

  issuerOf(userPoolId: string): string {
    return `https://cognito-idp.${this.#account.region}.amazonaws.com/${userPoolId}`;
  }

  /**
   * The client credentials grant of Cognito's token endpoint.
   *
   * @throws OAuthError invalid_request, unsupported_grant_type, invalid_client, unauthorized_client, invalid_scope
   */
  async issueToken(request: TokenRequest): Promise<AccessToken> {
    if (!request.grantType) throw new OAuthError('invalid_request', 'grant_type is missing');
    if (request.grantType !== 'client_credentials') {
      throw new OAuthError(
        'unsupported_grant_type',
        `grant_type ${request.grantType} is not served here: use client_credentials`,
      );
    }
    const client = request.clientId ? this.#clients.get(request.clientId) : undefined;
    if (!client?.secret || !sameSecret(request.clientSecret ?? '', client.secret)) {
      throw new OAuthError('invalid_client', 'the client id or the client secret is wrong', 401);
    }
    if (!client.allowedFlows.includes('client_credentials')) {
      throw new OAuthError('unauthorized_client', 'the client may not use the client credentials grant');
    }
    const scopes = request.scope ? request.scope.split(' ').filter(Boolean) : [...client.allowedScopes];
    const refused = scopes.find((scope) => !client.allowedScopes.includes(scope));
    if (refused !== undefined) throw new OAuthError('invalid_scope', `the client may not have the scope ${refused}`);
    return {
      access_token: await this.#sign(client, scopes),
      expires_in: client.accessTokenSeconds,
      token_type: 'Bearer',
    };
  }

  /** The public half of a pool's signing key, as its JWKS document holds it. */
  async keySet(userPoolId: string): Promise<{ keys: Record<string, unknown>[] }> {
    const { importPKCS8, exportJWK } = await import('jose');
    const { keyId, privateKey } = await this.#signingKey(userPoolId);
    const { kty, n, e } = await exportJWK(await importPKCS8(privateKey, 'RS256', { extractable: true }));
    return { keys: [{ kid: keyId, alg: 'RS256', use: 'sig', kty, n, e }] };
  }

  async #sign(client: UserPoolClient, scopes: readonly string[]): Promise<string> {
    const { SignJWT, importPKCS8 } = await import('jose');
    const { keyId, privateKey } = await this.#signingKey(client.userPoolId);
    const now = Math.floor(this.#clock.now() / 1000);
    return new SignJWT({
      token_use: 'access',
      scope: scopes.join(' '),
      client_id: client.clientId,
      auth_time: now,
      version: 2,
    })
      .setProtectedHeader({ alg: 'RS256', kid: keyId })
      .setIssuer(this.issuerOf(client.userPoolId))
      .setSubject(client.clientId)
      .setIssuedAt(now)
      .setExpirationTime(now + client.accessTokenSeconds)
      .setJti(randomUUID())
      .sign(await importPKCS8(privateKey, 'RS256'));
  }

  #signingKey(userPoolId: string): Promise<SigningKey> {
    const pool = this.pool(userPoolId);
    if (pool.signingKey) return Promise.resolve(pool.signingKey);
    let making = this.#making.get(userPoolId);
    if (!making) {
      making = makeKeyPair('rsa', { modulusLength: 2048 }).then(({ privateKey }) => {
        const signingKey = {
          keyId: randomBytes(32).toString('base64'),
          privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
        };
        this.#pools.set(userPoolId, { ...this.pool(userPoolId), signingKey });
        this.#making.delete(userPoolId);
        return signingKey;
      });
      this.#making.set(userPoolId, making);
    }
    return making;
  }
}
