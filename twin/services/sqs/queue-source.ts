import type { QueueRecord, QueueSource } from '../../lambda/event-sources/sqs-poller.ts';
import { md5OfText, type StoredMessage } from './message.ts';
import { systemAttributes } from './received-message.ts';
import type { Sqs } from './sqs.ts';

/** A message attribute as Lambda's events spell it: lower camel case, bytes in base64. */
function messageAttributes(message: StoredMessage): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message.attributes).map(([name, { type, text, base64 }]) => [
      name,
      {
        dataType: type,
        stringListValues: [],
        binaryListValues: [],
        ...(base64 === undefined ? { stringValue: text } : { binaryValue: base64 }),
      },
    ]),
  );
}

function recordOf(message: StoredMessage): QueueRecord {
  const attributes = Object.entries(systemAttributes(message)).filter(([, value]) => value !== undefined);
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle ?? '',
    body: message.body,
    attributes: Object.fromEntries(attributes) as Record<string, string>,
    messageAttributes: messageAttributes(message),
    md5OfBody: md5OfText(message.body),
  };
}

/** The queues of the account, as Lambda's event source mappings read them. */
export function queueSource(sqs: Sqs): QueueSource {
  return {
    async receive(queueArn, maxMessages, waitMs, signal) {
      const waitTimeSeconds = Math.max(0, Math.min(20, Math.ceil(waitMs / 1_000)));
      const messages = await sqs.receiveMessages(queueArn, { maxMessages, waitTimeSeconds, abandoned: signal });
      return messages.map(recordOf);
    },
    async delete(queueArn, receiptHandles) {
      for (const receiptHandle of receiptHandles) sqs.deleteMessage(queueArn, receiptHandle);
    },
  };
}
