import { generatedName } from '../../../cloudformation/physical-names.ts';
import type { ResourceRequest } from '../../../cloudformation/provider.ts';
import type { Tag } from '../tags.ts';

export type Properties = Readonly<Record<string, unknown>>;

/** The name that the template gives in this property, or the one that CloudFormation would make. */
export function nameOf(request: ResourceRequest, property: string, longest = 128): string {
  return optionalText(request.properties, property) ?? generatedName(request.stackName, request.logicalId, longest);
}

export function optionalText(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return value === undefined ? undefined : String(value);
}

/** CloudFormation writes booleans as such or as text. */
export function optionalFlag(properties: Properties, name: string): boolean | undefined {
  const value = properties[name];
  return value === undefined ? undefined : String(value) === 'true';
}

export function optionalNumber(properties: Properties, name: string): number | undefined {
  const value = properties[name];
  return value === undefined ? undefined : Number(value);
}

export function tagsOf(properties: Properties): readonly Tag[] {
  return (properties['Tags'] ?? []) as readonly Tag[];
}

/** A document that templates write as JSON text or as an object. */
export function documentOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The API's member names of a CloudFormation structure: the first letter in lower case, at every depth. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.charAt(0).toLowerCase() + name.slice(1), camelCased(member)]),
  );
}
