import type { ProvisionedResource, ResourceProvider } from '../../../cloudformation/provider.ts';
import type { Attributes } from '../attributes.ts';
import type { Registry } from '../registry.ts';
import type { DynamicThingGroups } from '../thing-groups.ts';
import type { ThingRecord } from '../things.ts';
import type { ThingTypeProperties } from '../thing-types.ts';
import type { Properties } from './properties.ts';
import { camelCased, nameOf, optionalFlag, optionalText, tagsOf } from './properties.ts';

/** `AWS::IoT::Thing`, `ThingType`, `ThingGroup`, `BillingGroup`: Ref is the name, GetAtt has Arn and Id. */
export function thingProviders(registry: Registry, dynamicGroups?: DynamicThingGroups): ResourceProvider[] {
  return [
    thingProvider(registry),
    thingTypeProvider(registry),
    thingGroupProvider(registry, dynamicGroups),
    billingGroupProvider(registry),
  ];
}

function thingProvider(registry: Registry): ResourceProvider {
  const provisioned = ({ thingName, thingArn, thingId }: ThingRecord): ProvisionedResource => ({
    physicalId: thingName,
    attributes: { Arn: thingArn, Id: thingId },
  });
  const create = (thingName: string, properties: Properties): ProvisionedResource =>
    provisioned(registry.things.create({ thingName, attributePayload: { attributes: attributesOf(properties) } }));
  return {
    type: 'AWS::IoT::Thing',
    create: (request) => create(nameOf(request, 'ThingName'), request.properties),
    update: (request) => {
      const thingName = nameOf(request, 'ThingName');
      if (thingName !== request.physicalId) return create(thingName, request.properties);
      return provisioned(
        registry.things.update({ thingName, attributePayload: { attributes: attributesOf(request.properties) } }),
      );
    },
    delete: ({ physicalId }) => registry.deleteThing(physicalId),
  };
}

function thingTypeProvider(registry: Registry): ResourceProvider {
  const { thingTypes, things, tags } = registry;
  const settle = (thingTypeName: string, properties: Properties): ProvisionedResource => {
    const { thingTypeArn, thingTypeId } = thingTypes.describe(thingTypeName);
    thingTypes.deprecate(thingTypeName, !optionalFlag(properties, 'DeprecateThingType'));
    tags.replace(thingTypeArn, tagsOf(properties));
    return { physicalId: thingTypeName, attributes: { Arn: thingTypeArn, Id: thingTypeId } };
  };
  const create = (thingTypeName: string, properties: Properties): ProvisionedResource => {
    thingTypes.create(thingTypeName, thingTypePropertiesOf(properties));
    return settle(thingTypeName, properties);
  };
  return {
    type: 'AWS::IoT::ThingType',
    create: (request) => create(nameOf(request, 'ThingTypeName'), request.properties),
    update: (request) => {
      const thingTypeName = nameOf(request, 'ThingTypeName');
      if (thingTypeName !== request.physicalId) return create(thingTypeName, request.properties);
      thingTypes.update(thingTypeName, thingTypePropertiesOf(request.properties));
      return settle(thingTypeName, request.properties);
    },
    // CloudFormation deprecates the type and waits five minutes; here the wait is over at once.
    delete: ({ physicalId }) => {
      const arn = thingTypes.table.get(physicalId)?.thingTypeArn;
      thingTypes.remove(physicalId, things.table.by('type', physicalId).size > 0);
      if (arn !== undefined) tags.forget(arn);
    },
  };
}

function thingGroupProvider(registry: Registry, dynamicGroups: DynamicThingGroups | undefined): ResourceProvider {
  const { thingGroups, tags } = registry;
  const settle = (thingGroupName: string, properties: Properties): ProvisionedResource => {
    const { thingGroupArn, thingGroupId } = thingGroups.describe(thingGroupName);
    tags.replace(thingGroupArn, tagsOf(properties));
    return { physicalId: thingGroupName, attributes: { Arn: thingGroupArn, Id: thingGroupId } };
  };
  const dynamic = (thingGroupName: string): DynamicThingGroups => {
    if (dynamicGroups) return dynamicGroups;
    throw new Error(`Thing group ${thingGroupName} has a QueryString, and there is no fleet index here to fill it`);
  };
  const create = (thingGroupName: string, properties: Properties): ProvisionedResource => {
    const queryString = optionalText(properties, 'QueryString');
    const parentGroupName = optionalText(properties, 'ParentGroupName');
    if (queryString === undefined) thingGroups.create(thingGroupName, parentGroupName, groupPropertiesOf(properties));
    else {
      if (parentGroupName !== undefined)
        throw new Error(`Thing group ${thingGroupName} has a QueryString: a dynamic thing group has no parent`);
      dynamic(thingGroupName).create(thingGroupName, queryString, groupPropertiesOf(properties));
    }
    return settle(thingGroupName, properties);
  };
  return {
    type: 'AWS::IoT::ThingGroup',
    create: (request) => create(nameOf(request, 'ThingGroupName'), request.properties),
    update: (request) => {
      const thingGroupName = nameOf(request, 'ThingGroupName');
      if (thingGroupName !== request.physicalId) return create(thingGroupName, request.properties);
      const queryString = optionalText(request.properties, 'QueryString');
      if (queryString === undefined) {
        thingGroups.describeStatic(thingGroupName);
        thingGroups.update(thingGroupName, groupPropertiesOf(request.properties));
      } else dynamic(thingGroupName).update(thingGroupName, queryString, groupPropertiesOf(request.properties));
      return settle(thingGroupName, request.properties);
    },
    delete: ({ physicalId }) => registry.deleteThingGroup(physicalId),
  };
}

function billingGroupProvider(registry: Registry): ResourceProvider {
  const { billingGroups, tags } = registry;
  const descriptionOf = (properties: Properties): string | undefined =>
    optionalText((properties['BillingGroupProperties'] ?? {}) as Properties, 'BillingGroupDescription');
  const settle = (billingGroupName: string, properties: Properties): ProvisionedResource => {
    const { billingGroupArn, billingGroupId } = billingGroups.describe(billingGroupName);
    tags.replace(billingGroupArn, tagsOf(properties));
    return { physicalId: billingGroupName, attributes: { Arn: billingGroupArn, Id: billingGroupId } };
  };
  return {
    type: 'AWS::IoT::BillingGroup',
    create: (request) => {
      const { billingGroupName } = billingGroups.create(
        nameOf(request, 'BillingGroupName'),
        descriptionOf(request.properties),
      );
      return settle(billingGroupName, request.properties);
    },
    update: (request) => {
      const billingGroupName = nameOf(request, 'BillingGroupName');
      if (billingGroupName === request.physicalId)
        billingGroups.update(billingGroupName, descriptionOf(request.properties));
      else billingGroups.create(billingGroupName, descriptionOf(request.properties));
      return settle(billingGroupName, request.properties);
    },
    delete: ({ physicalId }) => registry.deleteBillingGroup(physicalId),
  };
}

function attributesOf(properties: Properties): Attributes {
  const payload = (properties['AttributePayload'] ?? {}) as { Attributes?: Record<string, unknown> };
  return Object.fromEntries(Object.entries(payload.Attributes ?? {}).map(([name, value]) => [name, String(value)]));
}

function thingTypePropertiesOf(properties: Properties): ThingTypeProperties {
  return camelCased(properties['ThingTypeProperties'] ?? {}) as ThingTypeProperties;
}

function groupPropertiesOf(properties: Properties): {
  thingGroupDescription?: string;
  attributePayload: { attributes: Attributes };
} {
  const group = (properties['ThingGroupProperties'] ?? {}) as Properties;
  const description = optionalText(group, 'ThingGroupDescription');
  return {
    ...(description !== undefined && { thingGroupDescription: description }),
    attributePayload: { attributes: attributesOf(group) },
  };
}
