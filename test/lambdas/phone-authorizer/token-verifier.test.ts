import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';
import { InvalidToken, TokenVerifier } from '../../../lambdas/phone-authorizer/token-verifier.ts';

const AUDIENCE = 'iov-phones';

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

async function createKey(kid: string, alg = 'RS256'): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

let first: Key;
let second: Key;
beforeAll(async () => {
  [first, second] = [await createKey('first'), await createKey('second', 'ES256')];
});

let server: Server;
let issuer: string;
let published: JWK[];
let requests: string[];
let discovery: () => object;
let verifier: TokenVerifier;

beforeEach(async () => {
  published = [first.jwk];
  requests = [];
  discovery = () => ({ issuer, jwks_uri: `${issuer}/keys` });
  server = createServer((request, response) => {
    requests.push(request.url!);
    const body = request.url === '/keys' ? { keys: published } : discovery();
    response.writeHead('status' in body ? Number(body.status) : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  verifier = new TokenVerifier({ issuer, audience: AUDIENCE });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function token(claims: Record<string, unknown> = {}, key = first): Promise<string> {
  const all = { iss: issuer, aud: AUDIENCE, sub: 'anna', exp: Math.floor(Date.now() / 1000) + 60, ...claims };
  return new SignJWT(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
    .setProtectedHeader({ alg: key.jwk.alg!, kid: key.kid })
    .sign(key.privateKey);
}

describe('a token', () => {
  test("of the issuer is its user's", async () => {
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    expect(await verifier.verify(await token({ exp: expiresAt }))).toEqual({ subject: 'anna', expiresAt });
  });

  test('may be meant for others too', async () => {
    expect(await verifier.verify(await token({ aud: ['other', AUDIENCE] }))).toMatchObject({ subject: 'anna' });
  });

  test.each<[string, () => string | Promise<string>]>([
    ['that has expired', () => token({ exp: Math.floor(Date.now() / 1000) - 60 })],
    ['that is not valid yet', () => token({ nbf: Math.floor(Date.now() / 1000) + 60 })],
    ['of another issuer', () => token({ iss: 'https://other.example.com' })],
    ['for another audience', () => token({ aud: 'other' })],
    ['for no audience', () => token({ aud: undefined })],
    ['without a user', () => token({ sub: undefined })],
    ['without an end', () => token({ exp: undefined })],
    ["signed with a key that is not the issuer's", () => token({}, second)],
    [
      "signed with another key under the issuer's key id",
      () => token({}, { ...second, kid: 'first', jwk: { ...second.jwk } }),
    ],
    [
      'that nobody signed',
      () => new UnsecuredJWT({ sub: 'anna' }).setIssuer(issuer).setAudience(AUDIENCE).setExpirationTime('1m').encode(),
    ],
    [
      'signed with the public key as if it were a secret',
      () =>
        new SignJWT({}).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(Buffer.from(JSON.stringify(first.jwk))),
    ],
    ['that is no token', () => 'nonsense'],
    ['that is empty', () => ''],
  ])('%s is refused', async (_what, make) => {
    await expect(verifier.verify(await make())).rejects.toBeInstanceOf(InvalidToken);
  });
});

describe("the issuer's keys", () => {
  test('are fetched once for many tokens', async () => {
    for (let time = 0; time < 3; time += 1) await verifier.verify(await token());
    expect(requests).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  test('are not fetched again for each token with an unknown key', async () => {
    await verifier.verify(await token());
    for (let time = 0; time < 3; time += 1) await expect(verifier.verify(await token({}, second))).rejects.toThrow();
    expect(requests).toHaveLength(2);
  });

  test.each<[string, () => object]>([
    ['cannot be had', () => ({ status: 503 })],
    ["are in another issuer's document", () => ({ issuer: 'https://other.example.com', jwks_uri: `${issuer}/keys` })],
    ['are nowhere', () => ({ issuer })],
    ['are at no URL', () => ({ issuer, jwks_uri: 'keys' })],
    ['would come over a weaker protocol', () => ({ issuer, jwks_uri: 'ftp://127.0.0.1/keys' })],
  ])('that %s are not the fault of the token, and are looked for again', async (_what, document) => {
    const good = discovery;
    discovery = document;
    const failure = await verifier.verify(await token()).catch((error: Error) => error);
    expect(failure).not.toBeInstanceOf(InvalidToken);
    expect(failure).toHaveProperty('message', expect.stringContaining(issuer));
    discovery = good;
    await verifier.verify(await token());
  });
});
