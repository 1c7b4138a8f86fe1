import { generatedName } from '../../cloudformation/physical-names.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { NewValue, Parameters } from './parameters.ts';

/** `AWS::SSM::Parameter`. */
export function ssmProviders(parameters: Parameters): ResourceProvider[] {
  const put = (request: ResourceRequest, overwrite: boolean): ProvisionedResource => {
    const { properties } = request;
    const name = nameOf(request);
    const tags = (properties['Tags'] ?? {}) as Record<string, string>;
    parameters.put({
      name,
      value: String(properties['Value']),
      type: properties['Type'] as NewValue['type'],
      description: properties['Description'] as string | undefined,
      allowedPattern: properties['AllowedPattern'] as string | undefined,
      tier: properties['Tier'] === 'Intelligent-Tiering' ? undefined : (properties['Tier'] as string | undefined),
      dataType: properties['DataType'] as string | undefined,
      overwrite,
    });
    parameters.setTags(name, tags);
    return { physicalId: name, attributes: { Type: properties['Type'], Value: properties['Value'] } };
  };
  return [
    {
      type: 'AWS::SSM::Parameter',
      create: (request) => put(request, false),
      update: (request) => put(request, nameOf(request) === request.physicalId),
      delete: ({ physicalId }) => void parameters.delete(physicalId),
    },
  ];
}

function nameOf(request: ResourceRequest): string {
  const name = request.properties['Name'];
  return typeof name === 'string' ? name : generatedName(request.stackName, request.logicalId, 1000);
}
