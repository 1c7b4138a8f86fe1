import { AwsError } from '../../endpoint/service.ts';
import { LARGEST_MESSAGE_BYTES } from './message.ts';
import type { PublishOptions } from './message.ts';
import type { Sns } from './sns.ts';
import type { MessageAttributeValue } from '../sqs/message.ts';

const MOST_ENTRIES = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

type Entry = Readonly<Record<string, unknown>>;

/** Members of Publish and of an entry of PublishBatch. */
export function publishOptions(input: Entry): PublishOptions {
  return {
    subject: input['Subject'] as string | undefined,
    messageStructure: input['MessageStructure'] as string | undefined,
    attributes: input['MessageAttributes'] as Record<string, MessageAttributeValue> | undefined,
    groupId: input['MessageGroupId'] as string | undefined,
    deduplicationId: input['MessageDeduplicationId'] as string | undefined,
  };
}

/**
 * Publishes entry by entry, in their order; one entry's failure is its own.
 *
 * @throws AwsError NotFoundException and the errors of a batch as a whole
 */
export async function publishBatch(
  sns: Sns,
  topicArn: string,
  entries: readonly Entry[],
): Promise<Record<string, unknown>> {
  sns.topic(topicArn);
  checkBatch(entries);
  const Successful: unknown[] = [];
  const Failed: unknown[] = [];
  for (const entry of entries) {
    try {
      const published = await sns.publish(topicArn, String(entry['Message']), publishOptions(entry));
      Successful.push({ Id: entry['Id'], MessageId: published.messageId, SequenceNumber: published.sequenceNumber });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const { code, message, statusCode } = error;
      Failed.push({
        Id: entry['Id'],
        Code: code.replace(/Exception$/, ''),
        Message: message,
        SenderFault: statusCode < 500,
      });
    }
  }
  return { Successful, Failed };
}

function checkBatch(entries: readonly Entry[]): void {
  if (entries.length === 0) throw new AwsError('EmptyBatchRequestException', 'The batch request is empty.');
  if (entries.length > MOST_ENTRIES) {
    throw new AwsError(
      'TooManyEntriesInBatchRequestException',
      'The batch request contains more entries than permissible.',
    );
  }
  const ids = entries.map(({ Id: id }) => String(id));
  if (ids.some((id) => !ENTRY_ID.test(id))) {
    throw new AwsError('InvalidBatchEntryIdException', 'The Id of a batch entry in a batch request is invalid.');
  }
  if (new Set(ids).size < ids.length) {
    throw new AwsError(
      'BatchEntryIdsNotDistinctException',
      'Two or more batch entries in the request have the same Id.',
    );
  }
  const bytes = entries.reduce((sum, { Message: message }) => sum + Buffer.byteLength(String(message)), 0);
  if (bytes > LARGEST_MESSAGE_BYTES) {
    throw new AwsError(
      'BatchRequestTooLongException',
      'The length of all the batch messages put together is more than the limit.',
    );
  }
}
