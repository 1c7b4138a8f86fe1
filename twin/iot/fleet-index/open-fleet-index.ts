import type { OperationDefinition } from '../../endpoint/service.ts';
import type { PresenceListener } from '../broker/presence.ts';
import type { Registry } from '../registry/registry.ts';
import type { Shadows } from '../shadows/shadows.ts';
import { aggregationOperations } from './aggregation-operations.ts';
import { ConnectivityRecords } from './connectivity.ts';
import { connectivityOperations, type ConnectionOf } from './connectivity-operations.ts';
import { dynamicGroupOperations } from './dynamic-group-operations.ts';
import { DynamicGroups, type MembershipFailure } from './dynamic-groups.ts';
import { FleetIndex } from './fleet-index.ts';
import { indexOperations } from './index-operations.ts';

export interface FleetIndexingOptions {
  readonly registry: Registry;
  readonly shadows: Shadows;
  /** What the broker knows of a client, for the socket information of GetThingConnectivityData. */
  readonly connectionOf: ConnectionOf;
  readonly onFailure: MembershipFailure;
}

/** Fleet indexing of one account and Region. */
export interface FleetIndexing {
  readonly index: FleetIndex;
  readonly dynamicGroups: DynamicGroups;
  /** Of the `iot` control plane. */
  readonly operations: Readonly<Record<string, OperationDefinition>>;
  readonly onPresence: PresenceListener;
  /** Looks again at what dynamic groups missed while the twin was not running. */
  resume(): void;
  close(): void;
}

export function openFleetIndexing({ registry, shadows, connectionOf, onFailure }: FleetIndexingOptions): FleetIndexing {
  const connectivity = new ConnectivityRecords(registry);
  const index = new FleetIndex({ registry, shadows, connectivity });
  const dynamicGroups = new DynamicGroups(index, onFailure);
  const thingChanged = (thingName: string): void => {
    index.forget(thingName);
    dynamicGroups.thingChanged(thingName);
  };
  const everythingChanged = (): void => {
    index.forgetAll();
    dynamicGroups.everythingChanged();
  };
  const stopFollowing = [
    connectivity.subscribe(thingChanged),
    shadows.subscribe(({ thingName }) => thingChanged(thingName)),
    registry.changes.subscribe((change) => {
      if (change.kind === 'indexing-configuration') everythingChanged();
      else if (change.kind.startsWith('thing-') && 'thingName' in change) thingChanged(change.thingName);
      else if (change.kind === 'group-member-added' || change.kind === 'group-member-removed')
        thingChanged(change.thingName);
    }),
  ];
  return {
    ...{ index, dynamicGroups },
    operations: {
      ...indexOperations(index, dynamicGroups),
      ...aggregationOperations(index),
      ...dynamicGroupOperations(registry, dynamicGroups),
      ...connectivityOperations(index, connectionOf),
    },
    onPresence: (change) => connectivity.note(change),
    resume: () => dynamicGroups.everythingChanged(),
    close() {
      for (const stop of stopFollowing) stop();
      dynamicGroups.close();
    },
  };
}
