import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../endpoint/service.ts';
import type { ConnectionInformation } from '../broker/connections-api.ts';
import { named, operation } from '../registry/operations/operation.ts';
import { indexesConnectivity } from './configuration.ts';
import { indexNotReady } from './failures.ts';
import type { FleetIndex } from './fleet-index.ts';

export type ConnectionOf = (clientId: string) => ConnectionInformation | undefined;

/** GetThingConnectivityData (developer guide, "Querying connectivity status for a specific device"). */
export function connectivityOperations(
  index: FleetIndex,
  connectionOf: ConnectionOf,
): Record<string, OperationDefinition> {
  const { registry, connectivity } = index.sources;
  const definition = operation<iot.GetThingConnectivityDataRequest, iot.GetThingConnectivityDataResponse>(
    (input) => {
      const thingName = input.thingName!;
      if (!indexesConnectivity(index.indexing))
        throw indexNotReady('Connectivity is not indexed: set thingConnectivityIndexingMode to STATUS');
      registry.things.describe(thingName);
      const { version: _internal, timestamp, ...known } = connectivity.of(thingName);
      const connection = wantsSocket(input) && known.clientId !== undefined ? connectionOf(known.clientId) : undefined;
      return {
        thingName,
        ...(known as Pick<iot.GetThingConnectivityDataResponse, 'connected' | 'disconnectReason' | 'clientId'>),
        ...(timestamp !== undefined && { timestamp: new Date(timestamp) }),
        ...(connection && { sourceIp: connection.sourceIp, sourcePort: connection.sourcePort }),
      };
    },
    named('thing', 'thingName'),
  );
  const wantsSocket = (input: iot.GetThingConnectivityDataRequest): boolean =>
    input.includeSocketInformation === true &&
    (index.indexing.filter?.connectivity?.includeSocketInformation ?? []).includes('GET_THING_CONNECTIVITY_DATA');
  return {
    GetThingConnectivityData: {
      ...definition,
      conditionKeys: (input) => ({
        'iot:IncludeSocketInformation': String(input['includeSocketInformation'] === true),
      }),
    },
  };
}
