import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../../endpoint/service.ts';
import type { Registry } from '../registry.ts';
import type { ThingTypeProperties, ThingTypeRecord } from '../thing-types.ts';
import { named, NOTHING, operation } from './operation.ts';
import { nextToken, pageByToken } from './paging.ts';

export function thingTypeOperations(registry: Registry): Record<string, OperationDefinition> {
  const { thingTypes, things, tags } = registry;
  return {
    CreateThingType: operation<iot.CreateThingTypeRequest, iot.CreateThingTypeResponse>(
      (input) => {
        const properties = input.thingTypeProperties as ThingTypeProperties | undefined;
        const { thingTypeName, thingTypeArn, thingTypeId } = thingTypes.create(input.thingTypeName!, properties);
        tags.set(thingTypeArn, input.tags);
        return { thingTypeName, thingTypeArn, thingTypeId };
      },
      named('thingtype', 'thingTypeName'),
    ),
    DescribeThingType: operation<iot.DescribeThingTypeRequest, iot.DescribeThingTypeResponse>(
      (input) => {
        const type = thingTypes.describe(input.thingTypeName!);
        return { thingTypeId: type.thingTypeId, ...described(type) };
      },
      named('thingtype', 'thingTypeName'),
    ),
    ListThingTypes: operation<iot.ListThingTypesRequest, iot.ListThingTypesResponse>((input) => {
      const wanted = (key: string): boolean => input.thingTypeName === undefined || key === input.thingTypeName;
      const listed = pageByToken(thingTypes.table.keys, input, wanted);
      return { thingTypes: listed.keys.map((key) => described(thingTypes.describe(key))), ...nextToken(listed) };
    }),
    UpdateThingType: operation<iot.UpdateThingTypeRequest, iot.UpdateThingTypeResponse>(
      (input) => {
        thingTypes.update(input.thingTypeName!, (input.thingTypeProperties ?? {}) as ThingTypeProperties);
        return NOTHING;
      },
      named('thingtype', 'thingTypeName'),
    ),
    DeprecateThingType: operation<iot.DeprecateThingTypeRequest, iot.DeprecateThingTypeResponse>(
      (input) => {
        thingTypes.deprecate(input.thingTypeName!, input.undoDeprecate ?? false);
        return NOTHING;
      },
      named('thingtype', 'thingTypeName'),
    ),
    DeleteThingType: operation<iot.DeleteThingTypeRequest, iot.DeleteThingTypeResponse>(
      (input) => {
        const arn = thingTypes.table.get(input.thingTypeName!)?.thingTypeArn;
        thingTypes.delete(input.thingTypeName!, things.table.by('type', input.thingTypeName!).size > 0);
        if (arn !== undefined) tags.forget(arn);
        return NOTHING;
      },
      named('thingtype', 'thingTypeName'),
    ),
  };
}

function described(type: ThingTypeRecord): iot.ThingTypeDefinition {
  return {
    thingTypeName: type.thingTypeName,
    thingTypeArn: type.thingTypeArn,
    thingTypeProperties: type.properties as iot.ThingTypeProperties,
    thingTypeMetadata: {
      deprecated: type.deprecatedAt !== undefined,
      ...(type.deprecatedAt !== undefined && { deprecationDate: new Date(type.deprecatedAt) }),
      creationDate: new Date(type.createdAt),
    },
  };
}
