import { generatedName } from '../../cloudformation/physical-names.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { DeliveryStreams } from './delivery-streams.ts';
import { destinationIn } from './destination.ts';

/** `AWS::KinesisFirehose::DeliveryStream` with direct puts; a stream that reads a source of its own is refused. */
export function firehoseProviders(streams: DeliveryStreams): ResourceProvider[] {
  const put = (request: ResourceRequest): ProvisionedResource => {
    const { properties } = request;
    const type = (properties['DeliveryStreamType'] as string | undefined) ?? 'DirectPut';
    if (type !== 'DirectPut') {
      throw new Error(`the twin's delivery streams take records that are put; it does not run sources (${type})`);
    }
    const name = nameOf(request);
    const tags = (properties['Tags'] as { Key: string; Value: string }[] | undefined) ?? [];
    const settings = {
      destination: destinationIn(properties),
      tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
    };
    if (streams.has(name)) streams.update(name, settings);
    else streams.create(name, { type, ...settings });
    return { physicalId: name, attributes: { Arn: streams.get(name).arn } };
  };
  return [
    {
      type: 'AWS::KinesisFirehose::DeliveryStream',
      create: put,
      update: put,
      delete({ physicalId }) {
        if (streams.has(physicalId)) streams.delete(physicalId);
      },
    },
  ];
}

function nameOf({ properties, stackName, logicalId }: ResourceRequest): string {
  const name = properties['DeliveryStreamName'];
  return typeof name === 'string' ? name : generatedName(stackName, logicalId, 64);
}
