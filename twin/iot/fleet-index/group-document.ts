import type * as iot from '@aws-sdk/client-iot';

import type { Registry } from '../registry/registry.ts';
import type { ThingGroupRecord } from '../registry/thing-groups.ts';
import { FieldsDocument } from './index-document.ts';

/** What queries see of a thing group; every group above it is a parent. */
export function groupDocument(registry: Registry, group: ThingGroupRecord): FieldsDocument {
  const document = new FieldsDocument();
  const { thingGroupName, thingGroupId, description, attributes, version } = group;
  document.addText('thingGroupName', thingGroupName);
  document.addText('thingGroupId', thingGroupId);
  // The managed field, and its name in the answer.
  if (description !== undefined)
    for (const field of ['description', 'thingGroupDescription']) document.addText(field, description);
  for (const [name, value] of Object.entries(attributes)) document.addText(`attributes.${name}`, value);
  for (const parent of registry.thingGroups.ancestors(thingGroupName))
    document.addText('parentGroupNames', parent.thingGroupName);
  document.addUnsearchable('version', version);
  return document;
}

/** A thing group as SearchIndex answers it. */
export function foundGroup(registry: Registry, group: ThingGroupRecord): iot.ThingGroupDocument {
  const { thingGroupName, thingGroupId, description, attributes } = group;
  const parents = registry.thingGroups.ancestors(thingGroupName).map((parent) => parent.thingGroupName);
  return {
    ...{ thingGroupName, thingGroupId },
    ...(description !== undefined && { thingGroupDescription: description }),
    ...(Object.keys(attributes).length > 0 && { attributes: { ...attributes } }),
    ...(parents.length > 0 && { parentGroupNames: parents }),
  };
}
