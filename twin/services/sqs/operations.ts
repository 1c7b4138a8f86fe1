import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { AwsService, Caller, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { runBatch } from './batch.ts';
import type { BatchEntry } from './batch.ts';
import type { MessageAttributeValue } from './message.ts';
import { receivedMessage } from './received-message.ts';
import { checkRange, type Sqs } from './sqs.ts';

const LARGEST_PAGE = 1000;

/** SQS on the endpoint, in JSON and, for older clients, in the query protocol. */
export function sqsService(sqs: Sqs): AwsService {
  const url = (input: OperationInput): string => String(input['QueueUrl']);
  const ofQueue = (run: OperationDefinition['run'], iamAction?: string): OperationDefinition => ({
    run,
    iamAction,
    resources: queueArns,
  });
  return {
    signingNames: ['sqs'],
    iamPrefix: 'sqs',
    model: () => import('@aws-sdk/client-sqs'),
    operations: {
      CreateQueue: {
        resources: (input, account) => [arn(account, 'sqs', String(input['QueueName']))],
        run: (input) => ({
          QueueUrl: sqs.createQueue(String(input['QueueName']), texts(input['Attributes']), texts(input['tags'])),
        }),
      },
      DeleteQueue: ofQueue((input) => void sqs.deleteQueue(url(input))),
      GetQueueUrl: {
        resources: (input, account) => [arn(account, 'sqs', String(input['QueueName']))],
        run: (input) => ({ QueueUrl: sqs.urlOf(sqs.nameOf(String(input['QueueName']))) }),
      },
      ListQueues: { run: (input) => listQueues(sqs, input) },
      ListDeadLetterSourceQueues: ofQueue((input) => ({
        queueUrls: sqs.deadLetterSourcesOf(url(input)).map((name) => sqs.urlOf(name)),
      })),
      GetQueueAttributes: ofQueue((input) => ({
        Attributes: chosenAttributes(sqs.attributesOf(url(input)), input['AttributeNames']),
      })),
      SetQueueAttributes: ofQueue((input) => void sqs.setAttributes(url(input), texts(input['Attributes']))),
      ListQueueTags: ofQueue((input) => ({ Tags: sqs.tagsOf(url(input)) })),
      TagQueue: ofQueue(
        (input) => void sqs.setTags(url(input), { ...sqs.tagsOf(url(input)), ...texts(input['Tags']) }),
      ),
      UntagQueue: ofQueue((input) => {
        const removed = input['TagKeys'] as string[];
        const kept = Object.entries(sqs.tagsOf(url(input))).filter(([key]) => !removed.includes(key));
        sqs.setTags(url(input), Object.fromEntries(kept));
        return undefined;
      }),
      PurgeQueue: ofQueue((input) => void sqs.purgeQueue(url(input))),
      SendMessage: ofQueue((input, { caller }) => send(sqs, url(input), input, caller)),
      SendMessageBatch: ofQueue(
        (input, { caller }) => runBatch(entriesOf(input), (entry) => send(sqs, url(input), entry, caller)),
        'SendMessage',
      ),
      ReceiveMessage: ofQueue(async (input, { disconnected }) => {
        const messages = await sqs.receiveMessages(url(input), {
          maxMessages: (input['MaxNumberOfMessages'] as number | undefined) ?? 1,
          visibilityTimeoutSeconds: input['VisibilityTimeout'] as number | undefined,
          waitTimeSeconds: input['WaitTimeSeconds'] as number | undefined,
          abandoned: disconnected,
        });
        const wanted = {
          system: [...names(input['AttributeNames']), ...names(input['MessageSystemAttributeNames'])],
          message: names(input['MessageAttributeNames']),
        };
        return messages.length === 0 ? {} : { Messages: messages.map((message) => receivedMessage(message, wanted)) };
      }),
      DeleteMessage: ofQueue((input) => void sqs.deleteMessage(url(input), String(input['ReceiptHandle']))),
      DeleteMessageBatch: ofQueue(
        (input) =>
          runBatch(entriesOf(input), (entry) => {
            sqs.deleteMessage(url(input), String(entry['ReceiptHandle']));
            return {};
          }),
        'DeleteMessage',
      ),
      ChangeMessageVisibility: ofQueue(
        (input) =>
          void sqs.changeMessageVisibility(
            url(input),
            String(input['ReceiptHandle']),
            Number(input['VisibilityTimeout']),
          ),
      ),
      ChangeMessageVisibilityBatch: ofQueue(
        (input) =>
          runBatch(entriesOf(input), (entry) => {
            sqs.changeMessageVisibility(url(input), String(entry['ReceiptHandle']), Number(entry['VisibilityTimeout']));
            return {};
          }),
        'ChangeMessageVisibility',
      ),
    },
  };
}

function send(sqs: Sqs, url: string, input: OperationInput | BatchEntry, caller: Caller): Record<string, unknown> {
  const system = input['MessageSystemAttributes'] as Record<string, MessageAttributeValue> | undefined;
  const attributes = input['MessageAttributes'] as Record<string, MessageAttributeValue> | undefined;
  for (const [name, attribute] of Object.entries(attributes ?? {})) checkAttribute(name, attribute);
  const sent = sqs.sendMessage(url, String(input['MessageBody']), {
    attributes,
    delaySeconds: input['DelaySeconds'] as number | undefined,
    groupId: input['MessageGroupId'] as string | undefined,
    deduplicationId: input['MessageDeduplicationId'] as string | undefined,
    traceHeader: system?.['AWSTraceHeader']?.StringValue,
    senderId: caller.kind === 'role' ? `AROATWIN${caller.roleName}:${caller.sessionName}` : undefined,
  });
  return {
    MessageId: sent.messageId,
    MD5OfMessageBody: sent.md5OfBody,
    MD5OfMessageAttributes: sent.md5OfAttributes,
    SequenceNumber: sent.sequenceNumber,
  };
}

function checkAttribute(name: string, { DataType, StringValue, BinaryValue }: MessageAttributeValue): void {
  const kind = /^(String|Number|Binary)(\.|$)/.exec(DataType ?? '')?.[1];
  if (!kind)
    throw new AwsError(
      'InvalidParameterValue',
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  if (kind === 'Binary' ? !BinaryValue?.length : !StringValue) {
    throw new AwsError(
      'InvalidParameterValue',
      `The message (user) attribute '${name}' must contain a non-empty value of type '${DataType}'.`,
    );
  }
}

function listQueues(sqs: Sqs, input: OperationInput): Record<string, unknown> {
  const all = sqs.queueNames(input['QueueNamePrefix'] as string | undefined).sort();
  const start =
    input['NextToken'] === undefined
      ? 0
      : all.findIndex((name) => name > Buffer.from(String(input['NextToken']), 'base64url').toString());
  // Without MaxResults there are no pages: the first thousand are all that is shown.
  const size = (input['MaxResults'] as number | undefined) ?? LARGEST_PAGE;
  checkRange('MaxResults', size, 1, LARGEST_PAGE);
  const page = start < 0 ? [] : all.slice(start, start + size);
  const more = input['MaxResults'] !== undefined && start >= 0 && start + size < all.length;
  return {
    ...(page.length > 0 && { QueueUrls: page.map((name) => sqs.urlOf(name)) }),
    ...(more && { NextToken: Buffer.from(page.at(-1)!).toString('base64url') }),
  };
}

function chosenAttributes(attributes: Record<string, string>, chosen: unknown): Record<string, string> | undefined {
  const wanted = names(chosen);
  if (wanted.includes('All')) return attributes;
  const entries = Object.entries(attributes).filter(([name]) => wanted.includes(name));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function queueArns(input: OperationInput, account: Account): string[] {
  return [arn(account, 'sqs', String(input['QueueUrl']).split('/').pop()!)];
}

function entriesOf(input: OperationInput): BatchEntry[] {
  return input['Entries'] as BatchEntry[];
}

function names(value: unknown): string[] {
  return (value as string[] | undefined) ?? [];
}

function texts(value: unknown): Record<string, string> {
  return (value as Record<string, string> | undefined) ?? {};
}
