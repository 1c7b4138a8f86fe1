import { dynamo } from '../shared/dynamodb.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { authorize } from './authorize.ts';
import type { AuthorizerEvent, AuthorizerResponse } from './authorizer-event.ts';
import { ownershipOf } from './ownership.ts';
import { TokenVerifier } from './token-verifier.ts';

const issuer = environment('OIDC_ISSUER');
const verifier = new TokenVerifier({ issuer, audience: environment('OIDC_AUDIENCE') });
const owners = environment('OWNERS_TABLE');

const dependencies = {
  issuer,
  arnPrefix: environment('IOT_ARN_PREFIX'),
  verify: (token: string) => verifier.verify(token),
  ownership: (owner: string) => ownershipOf(dynamo, owners, owner),
  now: Date.now,
};

export async function handler(event: AuthorizerEvent): Promise<AuthorizerResponse> {
  const { response, note } = await authorize(event, dependencies);
  // The token stays out of the log, and the reason out of the answer: a stranger learns only that he was refused.
  logger[note.refused === undefined ? 'info' : 'warn'](
    note.refused === undefined ? 'phone admitted' : 'phone refused',
    {
      ...note,
      clientId: event.protocolData?.mqtt?.clientId,
      connection: event.connectionMetadata?.id,
    },
  );
  return response;
}
