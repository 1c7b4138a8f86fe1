import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../endpoint/service.ts';
import { named, NOTHING, operation } from '../registry/operations/operation.ts';
import { describedGroup } from '../registry/operations/thing-groups.ts';
import type { Registry } from '../registry/registry.ts';
import type { GroupQuery } from '../registry/thing-groups.ts';
import type { DynamicGroups } from './dynamic-groups.ts';

/** Dynamic thing groups (developer guide), and DescribeThingGroup, which says more of them. */
export function dynamicGroupOperations(registry: Registry, groups: DynamicGroups): Record<string, OperationDefinition> {
  const onGroup = named('thinggroup', 'thingGroupName');
  return {
    CreateDynamicThingGroup: operation<iot.CreateDynamicThingGroupRequest, iot.CreateDynamicThingGroupResponse>(
      (input) =>
        registry.atomically(() => {
          const { thingGroupName, queryString, thingGroupProperties } = input;
          const group = groups.create(thingGroupName!, queryString!, thingGroupProperties, indexOf(input));
          registry.tags.set(group.thingGroupArn, input.tags);
          const { thingGroupArn, thingGroupId, query } = group;
          return { thingGroupName, thingGroupArn, thingGroupId, ...query };
        }),
      onGroup,
    ),
    UpdateDynamicThingGroup: operation<iot.UpdateDynamicThingGroupRequest, iot.UpdateDynamicThingGroupResponse>(
      (input) => {
        const { thingGroupName, queryString, thingGroupProperties, expectedVersion } = input;
        const more = { ...indexOf(input), expectedVersion };
        return { version: groups.update(thingGroupName!, queryString, thingGroupProperties!, more) };
      },
      onGroup,
    ),
    DeleteDynamicThingGroup: operation<iot.DeleteDynamicThingGroupRequest, iot.DeleteDynamicThingGroupResponse>(
      (input) => {
        groups.delete(input.thingGroupName!, input.expectedVersion);
        return NOTHING;
      },
      onGroup,
    ),
    DescribeThingGroup: operation<iot.DescribeThingGroupRequest, iot.DescribeThingGroupResponse>((input) => {
      const group = registry.thingGroups.describe(input.thingGroupName!);
      const { query } = group;
      return {
        ...describedGroup(registry, group),
        ...(query && { ...query, status: groups.status(group.thingGroupName) }),
      };
    }, onGroup),
  };
}

function indexOf(input: {
  readonly indexName?: string | undefined;
  readonly queryVersion?: string | undefined;
}): Partial<GroupQuery> {
  const { indexName, queryVersion } = input;
  return { ...(indexName !== undefined && { indexName }), ...(queryVersion !== undefined && { queryVersion }) };
}
