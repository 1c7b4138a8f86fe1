import type { Account } from '../../account.ts';
import type { Deliver } from '../delivery.ts';
import { bucketArn } from './bucket.ts';
import type { ObjectEvent, S3 } from './s3.ts';

/** Where events of a bucket go: one entry of its notification configuration. */
export interface Notification {
  readonly id: string;
  readonly kind: 'queue' | 'topic' | 'function' | 'eventbridge';
  /** Empty for EventBridge. */
  readonly targetArn: string;
  /** e.g. `s3:ObjectCreated:*`; EventBridge gets all. */
  readonly events: readonly string[];
  readonly prefix: string;
  readonly suffix: string;
}

const REASONS: Readonly<Record<string, string>> = {
  'ObjectCreated:Put': 'PutObject',
  'ObjectCreated:Copy': 'CopyObject',
  'ObjectCreated:CompleteMultipartUpload': 'CompleteMultipartUpload',
};

/** Whether a configured event type (`s3:ObjectCreated:*`) covers an event, and the key passes the filter. */
export function covers(notification: Notification, eventName: string, key: string): boolean {
  if (notification.kind === 'eventbridge') return true;
  const named = notification.events.some((pattern) =>
    pattern.endsWith('*') ? `s3:${eventName}`.startsWith(pattern.slice(0, -1)) : pattern === `s3:${eventName}`,
  );
  return named && key.startsWith(notification.prefix) && key.endsWith(notification.suffix);
}

export interface NotificationPorts {
  readonly deliver: Deliver;
  /** Puts an event of `aws.s3` on the default bus. */
  readonly putEvent: (detailType: string, detail: Record<string, unknown>, resources: string[]) => void;
  log(line: string): void;
}

/** Sends the events of all buckets to where their configurations say. */
export function deliverNotifications(s3: S3, { deliver, putEvent, log }: NotificationPorts): void {
  let sequence = s3.clock.now() * 1000;
  s3.onObjectEvent((event) => {
    const source = { service: 's3.amazonaws.com', sourceArn: bucketArn(s3.account, event.bucket.name) };
    for (const notification of event.bucket.notifications) {
      if (!covers(notification, event.name, event.key)) continue;
      sequence += 1;
      if (notification.kind === 'eventbridge') {
        const detail = eventBridgeDetail(event, s3.account, sequence);
        putEvent(event.name.startsWith('ObjectCreated') ? 'Object Created' : 'Object Deleted', detail, [
          source.sourceArn,
        ]);
        continue;
      }
      const record = { Records: [eventRecord(event, notification.id, s3.account, sequence)] };
      deliver(notification.targetArn, record, source).catch((error: Error) =>
        log(`s3: an event of ${event.bucket.name} did not reach ${notification.targetArn}: ${error.message}`),
      );
    }
  });
}

/** S3 User Guide, "Event message structure", version 2.1. */
function eventRecord(
  { name, bucket, key, version }: ObjectEvent,
  id: string,
  account: Account,
  sequence: number,
): unknown {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: account.region,
    eventTime: new Date(version.lastModified).toISOString(),
    eventName: name,
    userIdentity: { principalId: account.accountId },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: {},
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: id,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: account.accountId },
        arn: bucketArn(account, bucket.name),
      },
      object: {
        key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
        ...(!version.deleteMarker && { size: version.size, eTag: version.etag.replaceAll('"', '') }),
        ...(version.versionId !== 'null' && { versionId: version.versionId }),
        sequencer: sequence.toString(16).toUpperCase().padStart(16, '0'),
      },
    },
  };
}

function eventBridgeDetail(
  { name, bucket, key, version }: ObjectEvent,
  account: Account,
  sequence: number,
): Record<string, unknown> {
  const created = name.startsWith('ObjectCreated');
  return {
    version: '0',
    bucket: { name: bucket.name },
    object: {
      key,
      ...(created && { size: version.size }),
      ...(!version.deleteMarker && { etag: version.etag.replaceAll('"', '') }),
      ...(version.versionId !== 'null' && { 'version-id': version.versionId }),
      sequencer: sequence.toString(16).toUpperCase().padStart(16, '0'),
    },
    requester: account.accountId,
    reason: REASONS[name] ?? 'DeleteObject',
    ...(!created && { 'deletion-type': version.deleteMarker ? 'Delete Marker Created' : 'Permanently Deleted' }),
  };
}
