import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../../endpoint/service.ts';
import type { Registry } from '../registry.ts';
import { named, NOTHING, operation } from './operation.ts';
import { nextToken, pageByToken } from './paging.ts';
import { nameOrArn } from './things.ts';

export function billingGroupOperations(registry: Registry): Record<string, OperationDefinition> {
  const { billingGroups, things, tags } = registry;
  return {
    CreateBillingGroup: operation<iot.CreateBillingGroupRequest, iot.CreateBillingGroupResponse>(
      (input) => {
        const group = billingGroups.create(
          input.billingGroupName!,
          input.billingGroupProperties?.billingGroupDescription,
        );
        tags.set(group.billingGroupArn, input.tags);
        const { billingGroupName, billingGroupArn, billingGroupId } = group;
        return { billingGroupName, billingGroupArn, billingGroupId };
      },
      named('billinggroup', 'billingGroupName'),
    ),
    DescribeBillingGroup: operation<iot.DescribeBillingGroupRequest, iot.DescribeBillingGroupResponse>(
      (input) => {
        const { billingGroupName, billingGroupId, billingGroupArn, version, description, createdAt } =
          billingGroups.describe(input.billingGroupName!);
        return {
          billingGroupName,
          billingGroupId,
          billingGroupArn,
          version,
          billingGroupProperties: description === undefined ? {} : { billingGroupDescription: description },
          billingGroupMetadata: { creationDate: new Date(createdAt) },
        };
      },
      named('billinggroup', 'billingGroupName'),
    ),
    UpdateBillingGroup: operation<iot.UpdateBillingGroupRequest, iot.UpdateBillingGroupResponse>(
      (input) => ({
        version: billingGroups.update(
          input.billingGroupName!,
          input.billingGroupProperties?.billingGroupDescription,
          input.expectedVersion,
        ),
      }),
      named('billinggroup', 'billingGroupName'),
    ),
    DeleteBillingGroup: operation<iot.DeleteBillingGroupRequest, iot.DeleteBillingGroupResponse>(
      (input) => {
        registry.deleteBillingGroup(input.billingGroupName!, input.expectedVersion);
        return NOTHING;
      },
      named('billinggroup', 'billingGroupName'),
    ),
    ListBillingGroups: operation<iot.ListBillingGroupsRequest, iot.ListBillingGroupsResponse>((input) => {
      const listed = pageByToken(billingGroups.table.keys, input, (key) =>
        key.startsWith(input.namePrefixFilter ?? ''),
      );
      const groups = listed.keys.map((key) => ({
        groupName: key,
        groupArn: billingGroups.describe(key).billingGroupArn,
      }));
      return { billingGroups: groups, ...nextToken(listed) };
    }),
    AddThingToBillingGroup: operation<iot.AddThingToBillingGroupRequest, iot.AddThingToBillingGroupResponse>(
      (input) => {
        const group = nameOrArn(input.billingGroupName, input.billingGroupArn, 'billing group');
        things.setBillingGroup(nameOrArn(input.thingName, input.thingArn, 'thing'), group);
        return NOTHING;
      },
      named('billinggroup', 'billingGroupName'),
    ),
    RemoveThingFromBillingGroup: operation<
      iot.RemoveThingFromBillingGroupRequest,
      iot.RemoveThingFromBillingGroupResponse
    >(
      (input) => {
        const group = nameOrArn(input.billingGroupName, input.billingGroupArn, 'billing group');
        const thing = things.describe(nameOrArn(input.thingName, input.thingArn, 'thing'));
        billingGroups.describe(group);
        if (thing.billingGroupName === group) things.setBillingGroup(thing.thingName, undefined);
        return NOTHING;
      },
      named('billinggroup', 'billingGroupName'),
    ),
    ListThingsInBillingGroup: operation<iot.ListThingsInBillingGroupRequest, iot.ListThingsInBillingGroupResponse>(
      (input) => {
        billingGroups.describe(input.billingGroupName!);
        const listed = pageByToken(things.table.by('billingGroup', input.billingGroupName!), input);
        return { things: [...listed.keys], ...nextToken(listed) };
      },
      named('billinggroup', 'billingGroupName'),
    ),
  };
}
