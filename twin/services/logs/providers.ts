import { generatedName } from '../../cloudformation/physical-names.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { Logs } from './logs.ts';

/** `AWS::Logs::LogGroup` and `AWS::Logs::LogStream`. */
export function logsProviders(logs: Logs): ResourceProvider[] {
  const putGroup = (request: ResourceRequest): ProvisionedResource => {
    const { properties } = request;
    const name = nameOf(request, 'LogGroupName');
    // A function that ran before may have made its group already.
    if (!logs.hasGroup(name)) {
      logs.createGroup(name, { logGroupClass: properties['LogGroupClass'] as string | undefined });
    }
    const days = properties['RetentionInDays'];
    logs.setRetention(name, days === undefined ? undefined : Number(days));
    const tags = (properties['Tags'] as { Key: string; Value: string }[] | undefined) ?? [];
    logs.setTags(name, Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])));
    return { physicalId: name, attributes: { Arn: `${logs.groupArn(name)}:*` } };
  };
  const putStream = (request: ResourceRequest): ProvisionedResource => {
    const group = String(request.properties['LogGroupName']);
    const name = nameOf(request, 'LogStreamName');
    if (!logs.streams(group).some((stream) => stream.name === name)) logs.createStream(group, name);
    return { physicalId: name };
  };
  return [
    {
      type: 'AWS::Logs::LogGroup',
      create: putGroup,
      update: putGroup,
      delete({ physicalId }) {
        if (logs.hasGroup(physicalId)) logs.deleteGroup(physicalId);
      },
    },
    {
      type: 'AWS::Logs::LogStream',
      create: putStream,
      update: putStream,
      delete({ physicalId, previousProperties }) {
        const group = String(previousProperties['LogGroupName']);
        if (!logs.hasGroup(group)) return;
        if (logs.streams(group).some(({ name }) => name === physicalId)) logs.deleteStream(group, physicalId);
      },
    },
  ];
}

function nameOf({ properties, stackName, logicalId }: ResourceRequest, property: string): string {
  const name = properties[property];
  return typeof name === 'string' ? name : generatedName(stackName, logicalId, 512);
}
