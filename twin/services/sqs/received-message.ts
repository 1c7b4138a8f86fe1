import { md5OfAttributes, md5OfText, restoreAttributes } from './message.ts';
import type { StoredMessage } from './message.ts';

/** Which attributes a ReceiveMessage asked for. */
export interface WantedAttributes {
  readonly system: readonly string[];
  readonly message: readonly string[];
}

/** A message as ReceiveMessage shows it. */
export function receivedMessage(message: StoredMessage, wanted: WantedAttributes): Record<string, unknown> {
  const attributes = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => wanted.message.some((pattern) => matches(pattern, name))),
  );
  const system = Object.fromEntries(
    Object.entries(systemAttributes(message)).filter(
      ([name, value]) => value !== undefined && (wanted.system.includes('All') || wanted.system.includes(name)),
    ),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5OfText(message.body),
    Body: message.body,
    ...(Object.keys(system).length > 0 && { Attributes: system }),
    ...(Object.keys(attributes).length > 0 && {
      MD5OfMessageAttributes: md5OfAttributes(attributes),
      MessageAttributes: restoreAttributes(attributes),
    }),
  };
}

/** System attributes of a message (API reference, ReceiveMessage). */
export function systemAttributes(message: StoredMessage): Record<string, string | undefined> {
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? 0),
    SequenceNumber: message.sequenceNumber,
    MessageDeduplicationId: message.deduplicationId,
    MessageGroupId: message.groupId,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn: message.deadLetterSourceArn,
  };
}

function matches(pattern: string, name: string): boolean {
  if (pattern === 'All' || pattern === '.*') return true;
  return pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -2)) : pattern === name;
}
