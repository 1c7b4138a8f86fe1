import { ownerKey, phoneUserId } from '../../contracts/phones.ts';
import { accessPolicies } from './access-policies.ts';
import type { AuthorizerEvent, AuthorizerResponse } from './authorizer-event.ts';
import type { Ownership } from './ownership.ts';
import { passedArea, passedToken } from './passed.ts';
import { InvalidToken, type TokenUser } from './token-verifier.ts';

export interface AuthorizeDependencies {
  readonly issuer: string;
  readonly arnPrefix: string;
  /** @throws InvalidToken */
  verify(token: string): Promise<TokenUser>;
  ownership(owner: string): Promise<Ownership>;
  /** Unix time in ms. */
  now(): number;
}

export interface Authorization {
  readonly response: AuthorizerResponse;
  /** For the log: why the phone was refused, or what it was given. */
  readonly note: Readonly<Record<string, unknown>> & { readonly refused?: string };
}

/**
 * Bounds of AWS IoT's intervals. The policies are refreshed as often as it allows, so that a vehicle that was sold, or a token that has
 * expired, is out of reach within five minutes.
 */
const SHORTEST_SECONDS = 300;
const LONGEST_SECONDS = 86_400;

/** Decides about one phone. @throws Error when token or ownership could not be judged; AWS IoT refuses the phone then */
export async function authorize(event: AuthorizerEvent, dependencies: AuthorizeDependencies): Promise<Authorization> {
  const token = passedToken(event);
  if (token === undefined) return refused('no token');
  let user: TokenUser;
  try {
    user = await dependencies.verify(token);
  } catch (error) {
    if (error instanceof InvalidToken) return refused(error.message);
    throw error;
  }
  const { issuer, arnPrefix } = dependencies;
  const { things, hasMore } = await dependencies.ownership(ownerKey(issuer, user.subject));
  const userId = phoneUserId(issuer, user.subject);
  const area = passedArea(event);
  const left = Math.floor(user.expiresAt - dependencies.now() / 1000);
  return {
    response: {
      isAuthenticated: true,
      principalId: userId,
      disconnectAfterInSeconds: Math.min(Math.max(left, SHORTEST_SECONDS), LONGEST_SECONDS),
      refreshAfterInSeconds: SHORTEST_SECONDS,
      policyDocuments: accessPolicies({ userId, things, ...(area !== undefined && { area }) }, arnPrefix),
    },
    note: { userId, vehicles: things.length, ...(hasMore && { hasMore }), ...(area !== undefined && { area }) },
  };
}

function refused(reason: string): Authorization {
  return {
    response: {
      isAuthenticated: false,
      principalId: 'nobody',
      disconnectAfterInSeconds: SHORTEST_SECONDS,
      refreshAfterInSeconds: SHORTEST_SECONDS,
      policyDocuments: [],
    },
    note: { refused: reason },
  };
}
