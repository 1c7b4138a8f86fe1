import type * as iot from '@aws-sdk/client-iot';

import { AwsError, type OperationDefinition } from '../../endpoint/service.ts';
import type { ConnectRequest } from '../broker/ports.ts';
import { LambdaQuestionFailed } from '../lambda-question.ts';
import { named, operation } from '../registry/operations/operation.ts';
import type { Registry } from '../registry/registry.ts';
import { PassedCredentials } from './credentials.ts';
import type { CustomAuthorizers } from './custom-authorizers.ts';
import { authorizerEvent } from './event.ts';
import { UnusableVerdict } from './verdict.ts';

/** TestInvokeAuthorizer: what a client that connected so would be answered, without a client. */
export function customAuthorizerOperations(
  registry: Registry,
  customAuthorizers: CustomAuthorizers,
): Record<string, OperationDefinition> {
  return {
    TestInvokeAuthorizer: operation<iot.TestInvokeAuthorizerRequest, iot.TestInvokeAuthorizerResponse>(
      async (input) => {
        const authorizer = registry.definitions.authorizers.describe(input.authorizerName!);
        const request = requestOf(input);
        const passed = new PassedCredentials(request);
        const checked = customAuthorizers.checkToken(authorizer, {
          get: (name) => input.token ?? passed.get(name),
          tokenSignature: input.tokenSignature ?? passed.tokenSignature,
        });
        if (typeof checked === 'string') throw new AwsError('InvalidRequestException', `Test failed: ${checked}.`);
        const given = input.token === undefined ? checked : { ...checked, token: input.token };
        try {
          const verdict = await customAuthorizers.invoke(authorizer, authorizerEvent(request, given));
          if (!verdict) return { isAuthenticated: false };
          return {
            isAuthenticated: true,
            principalId: verdict.principalId,
            policyDocuments: [...verdict.policyDocuments],
            disconnectAfterInSeconds: verdict.disconnectAfterSeconds,
            refreshAfterInSeconds: verdict.refreshAfterSeconds,
          };
        } catch (error) {
          if (error instanceof LambdaQuestionFailed || error instanceof UnusableVerdict)
            throw new AwsError('InvalidResponseException', `The function of the authorizer: ${error.message}.`);
          throw error;
        }
      },
      named('authorizer', 'authorizerName'),
    ),
  };
}

function requestOf({ httpContext, mqttContext, tlsContext }: iot.TestInvokeAuthorizerRequest): ConnectRequest {
  const headers = Object.entries(httpContext?.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    transport: mqttContext || !httpContext ? 'tls' : 'https',
    clientId: mqttContext?.clientId ?? '',
    username: mqttContext?.username,
    password: mqttContext?.password && Buffer.from(mqttContext.password),
    ...(httpContext && {
      http: {
        headers: Object.fromEntries(headers) as Record<string, string>,
        queryString: (httpContext.queryString ?? '').replace(/^\?/, ''),
      },
    }),
    serverName: tlsContext?.serverName,
    sourceIp: '',
    sourcePort: 0,
    cleanStart: true,
    persistent: false,
  };
}
