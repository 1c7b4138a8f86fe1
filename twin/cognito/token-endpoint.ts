import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { OAuthError, type TokenRequest, type UserPools } from './user-pools.ts';

const LARGEST_BODY = 10_000;

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LARGEST_BODY) throw new OAuthError('invalid_request', 'the request is too large', 413);
  }
  return new URLSearchParams(text);
}

/** Client id and secret come in the Authorization header or in the form (RFC 6749, section 2.3.1). */
function tokenRequestOf(form: URLSearchParams, authorization: string | undefined): TokenRequest {
  const basic = authorization?.match(/^Basic\s+(\S+)$/i)?.[1];
  const pair = basic ? Buffer.from(basic, 'base64').toString('utf8') : undefined;
  const colon = pair?.indexOf(':') ?? -1;
  return {
    grantType: form.get('grant_type') ?? undefined,
    scope: form.get('scope') ?? undefined,
    clientId: pair !== undefined && colon >= 0 ? pair.slice(0, colon) : (form.get('client_id') ?? undefined),
    clientSecret: pair !== undefined && colon >= 0 ? pair.slice(colon + 1) : (form.get('client_secret') ?? undefined),
  };
}

function answer(response: ServerResponse, statusCode: number, body: unknown): void {
  response.writeHead(statusCode, { 'content-type': 'application/json;charset=UTF-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function serve(userPools: UserPools, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0]!;
  const document = /^\/([\w-]+)\/\.well-known\/(jwks\.json|openid-configuration)$/.exec(path);
  if (request.method === 'POST' && path === '/oauth2/token') {
    const form = await readForm(request);
    return answer(response, 200, await userPools.issueToken(tokenRequestOf(form, request.headers.authorization)));
  }
  if (request.method === 'GET' && document && userPools.pools().some(({ id }) => id === document[1])) {
    const poolId = document[1]!;
    if (document[2] === 'jwks.json') return answer(response, 200, await userPools.keySet(poolId));
    const issuer = userPools.issuerOf(poolId);
    const here = `http://${request.headers.host}`;
    return answer(response, 200, {
      issuer,
      jwks_uri: `${here}/${poolId}/.well-known/jwks.json`,
      token_endpoint: `${here}/oauth2/token`,
      id_token_signing_alg_values_supported: ['RS256'],
    });
  }
  answer(response, 404, {
    error: 'not_found',
    error_description: `${request.method} ${path} is not served here; there are POST /oauth2/token and GET /<pool>/.well-known/jwks.json`,
  });
}

/** The user pools' domain: `POST /oauth2/token`, and each pool's public keys. The caller listens and closes. */
export function createTokenEndpoint(userPools: UserPools): Server {
  return createServer((request, response) => {
    serve(userPools, request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      if (error instanceof OAuthError)
        answer(response, error.statusCode, { error: error.error, error_description: error.message });
      else answer(response, 500, { error: 'server_error', error_description: (error as Error).message });
    });
  });
}
