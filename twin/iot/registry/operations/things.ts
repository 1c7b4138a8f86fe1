import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../../endpoint/service.ts';
import { invalidRequest } from '../failures.ts';
import type { Registry } from '../registry.ts';
import type { ThingRecord } from '../things.ts';
import { byPrincipal, named, NOTHING, operation } from './operation.ts';
import { nextToken, pageByToken } from './paging.ts';

export function thingOperations(registry: Registry): Record<string, OperationDefinition> {
  const { things } = registry;
  return {
    CreateThing: operation<iot.CreateThingRequest, iot.CreateThingResponse>(
      (input) => {
        const { thingName, thingArn, thingId } = things.create({ ...input, thingName: input.thingName! });
        return { thingName, thingArn, thingId };
      },
      named('thing', 'thingName'),
    ),
    UpdateThing: operation<iot.UpdateThingRequest, iot.UpdateThingResponse>(
      (input) => {
        things.update({ ...input, thingName: input.thingName! });
        return NOTHING;
      },
      named('thing', 'thingName'),
    ),
    DescribeThing: operation<iot.DescribeThingRequest, iot.DescribeThingResponse>(
      (input) => describedThing(things.describe(input.thingName!)),
      named('thing', 'thingName'),
    ),
    DeleteThing: operation<iot.DeleteThingRequest, iot.DeleteThingResponse>(
      (input) => {
        registry.deleteThing(input.thingName!, input.expectedVersion);
        return NOTHING;
      },
      named('thing', 'thingName'),
    ),
    ListThings: operation<iot.ListThingsRequest, iot.ListThingsResponse>((input) => {
      // The smallest set that holds what is asked for; the rest is filtered while paging.
      const keys = input.thingTypeName === undefined ? things.table.keys : things.table.by('type', input.thingTypeName);
      const listed = pageByToken(keys, input, attributeFilter(registry, input));
      return { things: listed.keys.map((key) => listedThing(things.describe(key))), ...nextToken(listed) };
    }),
    AttachThingPrincipal: operation<iot.AttachThingPrincipalRequest, iot.AttachThingPrincipalResponse>((input) => {
      registry.attachThingPrincipal(input.thingName!, input.principal!, input.thingPrincipalType);
      return NOTHING;
    }, byPrincipal('principal')),
    DetachThingPrincipal: operation<iot.DetachThingPrincipalRequest, iot.DetachThingPrincipalResponse>((input) => {
      registry.detachThingPrincipal(input.thingName!, input.principal!);
      return NOTHING;
    }, byPrincipal('principal')),
    ...attachmentListings(registry),
  };
}

/** The thing as DescribeThing gives it. */
export function describedThing(thing: ThingRecord): iot.DescribeThingResponse {
  const { thingName, thingArn, thingId, thingTypeName, attributes, version, billingGroupName } = thing;
  return {
    defaultClientId: thingName,
    thingName,
    thingId,
    thingArn,
    ...(thingTypeName !== undefined && { thingTypeName }),
    attributes: { ...attributes },
    version,
    ...(billingGroupName !== undefined && { billingGroupName }),
  };
}

function attachmentListings(registry: Registry): Record<string, OperationDefinition> {
  const { principals, things } = registry;
  return {
    ListThingPrincipals: operation<iot.ListThingPrincipalsRequest, iot.ListThingPrincipalsResponse>(
      (input) => {
        things.describe(input.thingName!);
        const listed = pageByToken(principals.keysOfThing(input.thingName!), input);
        return { principals: listed.keys.map((key) => principals.ofKey(key).principal), ...nextToken(listed) };
      },
      named('thing', 'thingName'),
    ),
    ListThingPrincipalsV2: operation<iot.ListThingPrincipalsV2Request, iot.ListThingPrincipalsV2Response>(
      (input) => {
        things.describe(input.thingName!);
        const wanted = (key: string): boolean =>
          input.thingPrincipalType === undefined ||
          principals.ofKey(key).thingPrincipalType === input.thingPrincipalType;
        const listed = pageByToken(principals.keysOfThing(input.thingName!), input, wanted);
        const objects = listed.keys.map((key) => {
          const { principal, thingPrincipalType } = principals.ofKey(key);
          return { principal, thingPrincipalType };
        });
        return { thingPrincipalObjects: objects, ...nextToken(listed) };
      },
      named('thing', 'thingName'),
    ),
    ListPrincipalThings: operation<iot.ListPrincipalThingsRequest, iot.ListPrincipalThingsResponse>((input) => {
      const listed = pageByToken(principals.keysOfPrincipal(checkedPrincipal(registry, input.principal!)), input);
      return { things: listed.keys.map((key) => principals.ofKey(key).thingName), ...nextToken(listed) };
    }, byPrincipal('principal')),
    ListPrincipalThingsV2: operation<iot.ListPrincipalThingsV2Request, iot.ListPrincipalThingsV2Response>((input) => {
      const wanted = (key: string): boolean =>
        input.thingPrincipalType === undefined || principals.ofKey(key).thingPrincipalType === input.thingPrincipalType;
      const listed = pageByToken(
        principals.keysOfPrincipal(checkedPrincipal(registry, input.principal!)),
        input,
        wanted,
      );
      const objects = listed.keys.map((key) => {
        const { thingName, thingPrincipalType } = principals.ofKey(key);
        return { thingName, thingPrincipalType };
      });
      return { principalThingObjects: objects, ...nextToken(listed) };
    }, byPrincipal('principal')),
  };
}

function checkedPrincipal(registry: Registry, principal: string): string {
  registry.checkPrincipalExists(principal);
  return principal;
}

function attributeFilter(registry: Registry, input: iot.ListThingsRequest): ((key: string) => boolean) | undefined {
  const { attributeName, attributeValue, usePrefixAttributeValue } = input;
  if (attributeName === undefined) return undefined;
  return (key) => {
    const value = registry.things.describe(key).attributes[attributeName];
    if (value === undefined || attributeValue === undefined) return value !== undefined;
    return usePrefixAttributeValue ? value.startsWith(attributeValue) : value === attributeValue;
  };
}

function listedThing(thing: ThingRecord): iot.ThingAttribute {
  const { thingName, thingTypeName, thingArn, attributes, version } = thing;
  return {
    thingName,
    ...(thingTypeName !== undefined && { thingTypeName }),
    thingArn,
    attributes: { ...attributes },
    version,
  };
}

/** A name from a member that takes either the name or the ARN of a thing or group. */
export function nameOrArn(name: string | undefined, arn: string | undefined, what: string): string {
  const found = name ?? arn?.split('/').pop();
  if (found === undefined || found === '')
    throw invalidRequest(`Either the name or the ARN of the ${what} must be given`);
  return found;
}
