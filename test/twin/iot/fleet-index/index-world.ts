import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { OperationContext, OperationInput } from '../../../../twin/endpoint/service.ts';
import { openFleetIndexing, type FleetIndexing } from '../../../../twin/iot/fleet-index/open-fleet-index.ts';
import { thingGroupOperations } from '../../../../twin/iot/registry/operations/thing-groups.ts';
import { Registry } from '../../../../twin/iot/registry/registry.ts';
import { Shadows } from '../../../../twin/iot/shadows/shadows.ts';
import { openStore, type Store } from '../../../../twin/state/store.ts';

export type Json = Record<string, unknown>;

/** Fleet indexing with the registry and the shadows alone; its clock stands still. */
export interface IndexWorld extends FleetIndexing {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly registry: Registry;
  readonly shadows: Shadows;
  readonly failures: string[];
  call(operation: string, input?: OperationInput): Promise<Json>;
  /** Switches every source on, and these besides. */
  indexEverything(more?: Json): Promise<unknown>;
  thing(thingName: string, attributes?: Record<string, string>, more?: Json): void;
  report(thingName: string, state: Json, shadowName?: string): void;
  connect(clientId: string, versionNumber?: number): void;
  disconnect(clientId: string, disconnectReason?: 'CONNECTION_LOST' | 'CLIENT_INITIATED_DISCONNECT'): void;
  found(queryString: string, indexName?: string): Promise<string[]>;
  /** Lets dynamic groups follow. */
  settle(): Promise<void>;
  restart(): IndexWorld;
}

export function openIndexWorld(store = openStore(':memory:'), clock = new ManualClock(1_557_700_000_000)): IndexWorld {
  const registry = new Registry(store, DEFAULT_ACCOUNT, clock);
  const shadows = new Shadows(store, clock);
  const failures: string[] = [];
  const indexing = openFleetIndexing({
    ...{ registry, shadows },
    connectionOf: (clientId) => ({
      ...{ clientId, connected: true, cleanSession: true, keepAliveDuration: 60, sessionExpiry: 0 },
      ...{ sourceIp: '192.0.2.1', sourcePort: 4711 },
    }),
    onFailure: (thing, group, reason) => void failures.push(`${thing} ${group}: ${reason}`),
  });
  const operations = { ...thingGroupOperations(registry), ...indexing.operations };
  const call = async (name: string, input: OperationInput = {}): Promise<Json> =>
    (await operations[name]!.run(input, { account: DEFAULT_ACCOUNT } as OperationContext)) as Json;
  const presence = { timestamp: 0, keepAliveDuration: 60, cleanSession: false, sessionExpiry: 3600 };
  return {
    ...indexing,
    ...{ clock, store, registry, shadows, failures, call },
    indexEverything: (more = {}) =>
      call('UpdateIndexingConfiguration', {
        thingIndexingConfiguration: {
          thingIndexingMode: 'REGISTRY_AND_SHADOW',
          thingConnectivityIndexingMode: 'STATUS',
          ...more,
        },
        thingGroupIndexingConfiguration: { thingGroupIndexingMode: 'ON' },
      }),
    thing: (thingName, attributes = {}, more = {}) =>
      void registry.things.create({ thingName, attributePayload: { attributes }, ...more }),
    report: (thingName, state, shadowName) =>
      void shadows.update({ thingName, shadowName }, { state } as Parameters<Shadows['update']>[1]),
    connect: (clientId, versionNumber = 0) =>
      indexing.onPresence({ ...presence, clientId, connected: true, timestamp: clock.now(), versionNumber }),
    disconnect: (clientId, disconnectReason = 'CONNECTION_LOST') =>
      indexing.onPresence({
        ...{ ...presence, clientId, connected: false, timestamp: clock.now(), versionNumber: 0 },
        disconnectReason,
      }),
    found: async (queryString, indexName) => {
      const { things, thingGroups } = await call('SearchIndex', { queryString, ...(indexName && { indexName }) });
      return ((things ?? thingGroups) as Json[]).map(({ thingName, thingGroupName }) =>
        String(thingName ?? thingGroupName),
      );
    },
    settle: () => clock.advance(0),
    restart: () => {
      indexing.close();
      return openIndexWorld(store, clock);
    },
  };
}
