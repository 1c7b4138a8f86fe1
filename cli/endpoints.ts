import { Command } from 'commander';

import type { Endpoints } from './endpoints-file.ts';
import { readEndpoints } from './read-endpoints.ts';

/** What a shell needs of the endpoints, by variable name. The AWS CLI takes its own from the same variables. */
export function shellVariables(endpoints: Endpoints): Record<string, string> {
  const { hostname, port } = new URL(endpoints.mqtts);
  return {
    IOV_MQTT_HOST: hostname,
    IOV_MQTT_PORT: port,
    IOV_CA: endpoints.ca,
    IOV_API: endpoints.api,
    IOV_KAFKA: endpoints.kafka,
    IOV_TOKEN_URL: endpoints.oauth.tokenUrl,
    IOV_CLIENT: `${endpoints.oauth.clientId}:${endpoints.oauth.clientSecret}`,
    AWS_ENDPOINT_URL: endpoints.aws,
    AWS_ACCESS_KEY_ID: 'operator',
    AWS_SECRET_ACCESS_KEY: 'operator',
    AWS_DEFAULT_REGION: 'us-east-1',
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** `iov endpoints`: where the running twin is, for `eval "$(…)"` or as JSON. */
export function endpointsCommand(): Command {
  return new Command('endpoints')
    .description('print where the running twin is, as variables for a shell')
    .option('--state <folder>', 'the state folder of the twin', '.iov')
    .option('--json', 'as JSON', false)
    .action(({ state, json }: { state: string; json: boolean }) => {
      const endpoints = readEndpoints(state);
      if (json) console.log(JSON.stringify(endpoints, null, 2));
      else
        for (const [name, value] of Object.entries(shellVariables(endpoints)))
          console.log(`export ${name}=${quoted(value)}`);
    });
}
