import { generatedName } from '../../cloudformation/physical-names.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { QueueAttributes } from './queue-attributes.ts';
import type { Sqs } from './sqs.ts';

const SCALAR_ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];
const DOCUMENT_ATTRIBUTES = ['RedrivePolicy', 'RedriveAllowPolicy'];

/** `AWS::SQS::Queue` and `AWS::SQS::QueuePolicy`. */
export function sqsProviders(sqs: Sqs): ResourceProvider[] {
  return [queueProvider(sqs), queuePolicyProvider(sqs)];
}

function queueProvider(sqs: Sqs): ResourceProvider {
  const describe = (name: string): ProvisionedResource => ({
    physicalId: sqs.urlOf(name),
    attributes: { Arn: sqs.arnOf(name), QueueName: name, QueueUrl: sqs.urlOf(name) },
  });
  return {
    type: 'AWS::SQS::Queue',
    create(request) {
      const name = nameOf(request);
      sqs.createQueue(name, attributesOf(request.properties), tagsOf(request.properties));
      return describe(name);
    },
    update(request) {
      const name = nameOf(request);
      const existing = request.physicalId.split('/').pop()!;
      if (
        name !== existing ||
        String(request.properties['FifoQueue'] ?? false) !== String(request.previousProperties['FifoQueue'] ?? false)
      ) {
        sqs.createQueue(name, attributesOf(request.properties), tagsOf(request.properties));
        return describe(name);
      }
      // What the template no longer says goes back to its default.
      const removed = Object.keys(attributesOf(request.previousProperties)).map((attribute) => [attribute, '']);
      const { FifoQueue: _unchangeable, ...changes } = {
        ...Object.fromEntries(removed),
        ...attributesOf(request.properties),
      } as Record<string, string>;
      sqs.setAttributes(name, changes);
      sqs.setTags(name, tagsOf(request.properties));
      return describe(name);
    },
    delete: ({ physicalId }) => {
      if (sqs.queueNames().includes(physicalId.split('/').pop()!)) sqs.deleteQueue(physicalId);
    },
  };
}

function queuePolicyProvider(sqs: Sqs): ResourceProvider {
  const set = ({ properties, stackName, logicalId }: ResourceRequest): ProvisionedResource => {
    for (const queue of properties['Queues'] as string[])
      sqs.setAttributes(queue, { Policy: JSON.stringify(properties['PolicyDocument']) });
    return { physicalId: `${stackName}-${logicalId}` };
  };
  return {
    type: 'AWS::SQS::QueuePolicy',
    create: set,
    update: set,
    delete({ properties }) {
      for (const queue of properties['Queues'] as string[]) {
        if (sqs.queueNames().includes(queue.split('/').pop()!)) sqs.setAttributes(queue, { Policy: '' });
      }
    },
  };
}

function nameOf(request: ResourceRequest): string {
  const fifo = String(request.properties['FifoQueue'] ?? false) === 'true';
  const name = request.properties['QueueName'];
  return typeof name === 'string'
    ? name
    : generatedName(request.stackName, request.logicalId, fifo ? 75 : 80) + (fifo ? '.fifo' : '');
}

function attributesOf(properties: Readonly<Record<string, unknown>>): QueueAttributes {
  const scalars = SCALAR_ATTRIBUTES.filter((name) => properties[name] !== undefined).map((name) => [
    name,
    String(properties[name]),
  ]);
  const documents = DOCUMENT_ATTRIBUTES.filter((name) => properties[name] !== undefined).map((name) => [
    name,
    JSON.stringify(properties[name]),
  ]);
  const attributes = Object.fromEntries([...scalars, ...documents]) as Record<string, string>;
  // Only FIFO queues have the attribute; a template may say false for the others.
  if (attributes['FifoQueue'] === 'false') delete attributes['FifoQueue'];
  return attributes;
}

function tagsOf(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  const tags = (properties['Tags'] as { Key: string; Value: string }[] | undefined) ?? [];
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
