import { AwsError } from '../endpoint/service.ts';
import type { LambdaEventQueue, LambdaInvoker } from '../lambda/invoker.ts';
import { policyPermits } from './resource-policy.ts';
import type { Sqs } from './sqs/sqs.ts';

/** The service and resource on whose behalf something is delivered. */
export interface DeliverySource {
  readonly service: string;
  readonly sourceArn: string;
}

export interface DeliverOptions {
  readonly groupId?: string;
  /** The source has a role of its own for the target, so that the target's policy is not asked. */
  readonly byRole?: boolean;
}

/**
 * Hands a document to the resource that an ARN names. It is durable there when the promise resolves.
 *
 * @param document text as it is, anything else as JSON
 * @throws AwsError of the target's service, AccessDeniedException when the target's policy does not let the source in;
 *   Error when the twin has no such kind of target
 */
export type Deliver = (
  targetArn: string,
  document: unknown,
  source: DeliverySource,
  options?: DeliverOptions,
) => Promise<void>;

export interface DeliveryTargets {
  readonly invoker: LambdaInvoker & Partial<LambdaEventQueue>;
  readonly sqs: Pick<Sqs, 'sendMessage' | 'attributesOf'>;
  readonly sns: {
    publish(topicArn: string, message: string): unknown;
    topic(topicArn: string): { readonly attributes: Readonly<Record<string, string>> };
  };
  readonly firehose?: { putRecord(deliveryStreamName: string, data: Buffer): unknown };
  readonly logs?: {
    putLogEvents(logGroupName: string, events: readonly { timestamp: number; message: string }[]): unknown;
  };
  /** Milliseconds since the epoch; the system's time when absent. */
  readonly now?: () => number;
}

/** Delivery to functions, queues, topics, delivery streams and log groups. */
export function deliverTo({ invoker, sqs, sns, firehose, logs, now = Date.now }: DeliveryTargets): Deliver {
  return async (targetArn, document, source, { groupId, byRole = false } = {}) => {
    const [, , service, , accountId = '', ...rest] = targetArn.split(':');
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    const requirePermission = (policy: string | undefined, action: string): void => {
      if (byRole || policyPermits(policy, { ...source, accountId }, action, targetArn)) return;
      const message = `The policy of ${targetArn} does not let ${source.service} call ${action} for ${source.sourceArn}.`;
      throw new AwsError('AccessDeniedException', message, 403);
    };
    if (service === 'sqs') {
      requirePermission(sqs.attributesOf(targetArn)['Policy'], 'sqs:SendMessage');
      sqs.sendMessage(targetArn, text, { groupId, senderId: source.service });
    } else if (service === 'sns') {
      requirePermission(sns.topic(targetArn).attributes['Policy'], 'sns:Publish');
      await sns.publish(targetArn, text);
    } else if (service === 'lambda') {
      if (invoker.invokeAsync) await invoker.invokeAsync(targetArn, document, source);
      else await invoker.invoke(targetArn, document, source);
    } else if (service === 'firehose' && firehose) {
      await firehose.putRecord(targetArn.split('/').pop()!, Buffer.from(text, 'utf8'));
    } else if (service === 'logs' && logs) {
      await logs.putLogEvents(rest[1] ?? '', [{ timestamp: now(), message: text }]);
    } else {
      throw new Error(`the twin cannot deliver to ${targetArn}`);
    }
  };
}
