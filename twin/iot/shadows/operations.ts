import { arn, type Account } from '../../account.ts';
import { AwsError, type OperationDefinition, type OperationInput } from '../../endpoint/service.ts';
import { refusalOf } from './refusal.ts';
import type { ShadowApi } from './shadow-api.ts';
import { policyResource, type ShadowKey } from './shadow-name.ts';
import type { ShadowOperation } from './shadow-requests.ts';

const keyOf = (input: OperationInput): ShadowKey => ({
  thingName: String(input['thingName']),
  ...(input['shadowName'] !== undefined && { shadowName: String(input['shadowName']) }),
});

const thingArn = (input: OperationInput, account: Account): string[] => [
  arn(account, 'iot', `thing/${policyResource(keyOf(input))}`),
];

/** Shadows in the iot-data API: what `dataPlaneService` takes besides its own operations. */
export function shadowOperations(api: ShadowApi): Record<string, OperationDefinition> {
  const operation = (name: ShadowOperation): OperationDefinition => ({
    resources: thingArn,
    run: async (input) => ({
      payload: await asAwsError(() => api.perform(name, keyOf(input), input['payload'] as Uint8Array | undefined)),
    }),
  });
  return {
    GetThingShadow: operation('get'),
    UpdateThingShadow: operation('update'),
    DeleteThingShadow: operation('delete'),
    ListNamedShadowsForThing: {
      resources: thingArn,
      run: (input) =>
        asAwsError(async () =>
          api.list(String(input['thingName']), {
            pageSize: input['pageSize'] as number | undefined,
            nextToken: input['nextToken'] as string | undefined,
          }),
        ),
    },
  };
}

async function asAwsError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === 500) throw error;
    const { code, clientToken } = refusal.document;
    throw new AwsError(refusal.name, refusal.message, code, {
      code,
      ...(clientToken !== undefined && { clientToken }),
    });
  }
}
