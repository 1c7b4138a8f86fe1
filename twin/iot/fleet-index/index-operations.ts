import type * as iot from '@aws-sdk/client-iot';

import { arn } from '../../account.ts';
import type { OperationDefinition } from '../../endpoint/service.ts';
import { invalidRequest } from '../registry/failures.ts';
import { NOTHING, operation, type ResourcesOf } from '../registry/operations/operation.ts';
import type { IndexingConfiguration } from '../registry/settings.ts';
import {
  checkGroupIndexing,
  checkThingIndexing,
  groupIndexing,
  indexesThings,
  THING_GROUPS,
  thingIndexing,
  THINGS,
  type GroupIndexing,
  type ThingIndexing,
} from './configuration.ts';
import type { DynamicGroups } from './dynamic-groups.ts';
import type { FleetIndex } from './fleet-index.ts';
import { groupFields, thingFields } from './managed-fields.ts';

/** API reference, SearchIndex. */
const PAGE = { default: 100, most: 500 };

export const indexResource: ResourcesOf = (input, account) => [
  arn(account, 'iot', `index/${typeof input['indexName'] === 'string' ? input['indexName'] : THINGS}`),
];

/** SearchIndex, the indices and their configuration (developer guide, "Managing fleet indexing"). */
export function indexOperations(index: FleetIndex, groups: DynamicGroups): Record<string, OperationDefinition> {
  return {
    SearchIndex: operation<iot.SearchIndexRequest, iot.SearchIndexResponse>((input) => {
      const { maxResults = PAGE.default, nextToken, queryString, ...search } = input;
      if (maxResults < 1 || maxResults > PAGE.most)
        throw invalidRequest(`maxResults must be between 1 and ${PAGE.most}`);
      const after = nextToken === undefined ? undefined : nameOfToken(nextToken);
      const { keys, last } = index.page({ ...search, queryString: queryString! }, maxResults, after);
      const found =
        input.indexName === THING_GROUPS
          ? { thingGroups: keys.map((name) => index.thingGroup(name)) }
          : { things: keys.map((name) => index.thing(name)) };
      return { ...found, ...(last !== undefined && { nextToken: tokenOf(last) }) };
    }, indexResource),
    DescribeIndex: operation<iot.DescribeIndexRequest, iot.DescribeIndexResponse>(
      (input) => index.describe(input.indexName!),
      indexResource,
    ),
    ListIndices: operation<iot.ListIndicesRequest, iot.ListIndicesResponse>(() => ({ indexNames: index.names() })),
    ...configurationOperations(index, groups),
  };
}

function configurationOperations(index: FleetIndex, groups: DynamicGroups): Record<string, OperationDefinition> {
  const { registry } = index.sources;
  return {
    UpdateIndexingConfiguration: operation<
      iot.UpdateIndexingConfigurationRequest,
      iot.UpdateIndexingConfigurationResponse
    >((input) => {
      const thing = input.thingIndexingConfiguration as ThingIndexing | undefined;
      const group = input.thingGroupIndexingConfiguration as GroupIndexing | undefined;
      const next: { -readonly [K in keyof IndexingConfiguration]?: IndexingConfiguration[K] } = {};
      if (thing) {
        checkThingIndexing(thing);
        if (!indexesThings(thing) && groups.groups().length > 0)
          throw invalidRequest('Things must be indexed as long as there are dynamic thing groups');
        next.thingIndexingConfiguration = replacedThingIndexing(thing, thingIndexing(registry));
      }
      if (group) {
        checkGroupIndexing(group);
        next.thingGroupIndexingConfiguration = withoutManagedFields(group);
      }
      registry.settings.setIndexingConfiguration(next);
      return NOTHING;
    }),
    GetIndexingConfiguration: operation<iot.GetIndexingConfigurationRequest, iot.GetIndexingConfigurationResponse>(
      () => {
        const [thing, group] = [thingIndexing(registry), groupIndexing(registry)];
        return {
          thingIndexingConfiguration: { ...thing, managedFields: thingFields(thing) },
          thingGroupIndexingConfiguration: { ...group, managedFields: groupFields(group) },
        } as unknown as iot.GetIndexingConfigurationResponse;
      },
    ),
  };
}

type Loose<T> = T & Readonly<Record<string, unknown>>;

/** Managed fields follow from the modes; what a request says of them is not kept. */
function withoutManagedFields<T extends object>(configuration: T): Loose<T> {
  const { managedFields: _derived, ...rest } = configuration as T & { managedFields?: unknown };
  return rest as unknown as Loose<T>;
}

/** A connectivity filter that is not given stays (developer guide, "Indexing filter"); all else is replaced. */
function replacedThingIndexing(given: ThingIndexing, before: ThingIndexing): Loose<ThingIndexing> {
  const kept = given.filter?.connectivity?.includeSocketInformation
    ? given.filter.connectivity
    : before.filter?.connectivity;
  const keeps = given.thingConnectivityIndexingMode === 'STATUS' && kept;
  return withoutManagedFields({
    thingConnectivityIndexingMode: 'OFF',
    deviceDefenderIndexingMode: 'OFF',
    namedShadowIndexingMode: 'OFF',
    ...given,
    ...(keeps && { filter: { ...given.filter, connectivity: kept } }),
  });
}

const TOKEN = 'after ';

function tokenOf(name: string): string {
  return Buffer.from(TOKEN + name).toString('base64url');
}

function nameOfToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith(TOKEN)) throw invalidRequest('Invalid nextToken');
  return text.slice(TOKEN.length);
}
