import type { PublicationProperties } from '../publication.ts';
import type { Quotas } from './quotas.ts';

/** Longest message expiry interval, in seconds; 0 counts as 1 (quota "Message expiry interval"). */
const MESSAGE_EXPIRY_MAXIMUM = 604_800;

export function boundExpiry(seconds: number): number {
  return Math.min(Math.max(seconds, 1), MESSAGE_EXPIRY_MAXIMUM);
}

/** Whether properties pass the quotas for user properties, correlation data or content type. */
export function exceedsPropertyLimits(properties: PublicationProperties, quotas: Quotas): boolean {
  let userPropertyBytes = 0;
  for (const [key, value] of properties.userProperties ?? [])
    userPropertyBytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return (
    userPropertyBytes > quotas.userPropertyBytes ||
    (properties.correlationData?.length ?? 0) > quotas.correlationDataBytes ||
    Buffer.byteLength(properties.contentType ?? '') > quotas.contentTypeBytes
  );
}
