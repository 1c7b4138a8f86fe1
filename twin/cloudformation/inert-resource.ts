import { createHash } from 'node:crypto';

import type { ProvisionedResource, ResourceRequest } from './provider.ts';
import type { InertType } from './inert-catalogue.ts';
import { generatedName, urlSuffix } from './physical-names.ts';

/**
 * The physical id and attributes of a resource without local behaviour. They depend only on where the resource stands
 * and on its properties, so they are the same in every run.
 *
 * Placeholders of the catalogue's patterns: `{id}` the physical id; `{hex}` 17 hex digits of the resource's own, `{HEX}`
 * in capitals, `{hex:x}` others; `{uuid}`; `{octet}` 1 to 254; `{property:P}`; `{name:P}` the property, or the name that
 * CloudFormation would generate; `{region}`, `{account}`, `{partition}`, `{suffix}`; `{arn:s}` and `{globalarn:s}` an ARN
 * of service `s` up to the resource.
 */
export function inertResource(type: InertType, request: ResourceRequest): ProvisionedResource {
  const physicalId = fill(type.id, request, '');
  const attributes: Record<string, unknown> = {};
  for (const [name, pattern] of Object.entries(type.attributes ?? {})) {
    attributes[name] =
      typeof pattern === 'string'
        ? fill(pattern, request, physicalId)
        : pattern.map((element) => fill(element, request, physicalId));
  }
  return { physicalId, attributes };
}

function fill(pattern: string, request: ResourceRequest, physicalId: string): string {
  return pattern.replaceAll(/\{(\w+)(?::([\w-]+))?\}/g, (_, placeholder: string, argument = '') => {
    const { partition, region, accountId } = request.account;
    switch (placeholder) {
      case 'id':
        return physicalId;
      case 'hex':
        return digest(request, argument).slice(0, 17);
      case 'HEX':
        return digest(request, argument).slice(0, 17).toUpperCase();
      case 'uuid':
        return digest(request, 'uuid').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
      case 'octet':
        return String((Number.parseInt(digest(request, 'octet').slice(0, 8), 16) % 254) + 1);
      case 'property':
        return text(request.properties[argument]);
      case 'name':
        return text(request.properties[argument]) || generatedName(request.stackName, request.logicalId);
      case 'region':
        return region;
      case 'account':
        return accountId;
      case 'partition':
        return partition;
      case 'suffix':
        return urlSuffix(partition);
      case 'arn':
        return `arn:${partition}:${argument}:${region}:${accountId}`;
      case 'globalarn':
        return `arn:${partition}:${argument}::${accountId}`;
      default:
        throw new Error(`The inert catalogue has an unknown placeholder {${placeholder}} for ${request.type}.`);
    }
  });
}

function digest(request: ResourceRequest, label: string): string {
  return createHash('sha256').update(`${request.stackId}\n${request.logicalId}\n${label}`).digest('hex');
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
