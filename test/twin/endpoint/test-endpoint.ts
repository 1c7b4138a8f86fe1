import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { SystemClock } from '../../../twin/clock.ts';
import { createEndpoint } from '../../../twin/endpoint/endpoint.ts';
import type { Endpoint, EndpointOptions } from '../../../twin/endpoint/endpoint.ts';
import type { AwsService } from '../../../twin/endpoint/service.ts';

/** An endpoint on a free port where everybody may do everything, unless the options say otherwise. */
export async function startEndpoint(services: AwsService[], options: Partial<EndpointOptions> = {}): Promise<Endpoint> {
  const endpoint = createEndpoint({
    services,
    account: DEFAULT_ACCOUNT,
    credentials: { find: () => undefined },
    authorize: () => undefined,
    clock: new SystemClock(),
    ...options,
  });
  await endpoint.listen({ port: 0 });
  return endpoint;
}

/** What an SDK client needs to speak to it. */
export function clientConfiguration(endpoint: Endpoint): {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
} {
  return {
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
}
