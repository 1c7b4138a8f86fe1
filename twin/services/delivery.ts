import type { LambdaEventQueue, LambdaInvoker } from '../lambda/invoker.ts';
import type { Sqs } from './sqs/sqs.ts';

/** The service and resource on whose behalf something is delivered. */
export interface DeliverySource {
  readonly service: string;
  readonly sourceArn: string;
}

/**
 * Hands a document to the resource that an ARN names: a function, a queue or a topic. It is durable there when the
 * promise resolves.
 *
 * @param document text as it is, anything else as JSON
 * @throws AwsError of the target's service; Error when the twin has no such kind of target
 */
export type Deliver = (
  targetArn: string,
  document: unknown,
  source: DeliverySource,
  options?: { readonly groupId?: string },
) => Promise<void>;

export interface DeliveryTargets {
  readonly invoker: LambdaInvoker & Partial<LambdaEventQueue>;
  readonly sqs: Pick<Sqs, 'sendMessage'>;
  readonly sns: { publish(topicArn: string, message: string): unknown };
}

export function deliverTo({ invoker, sqs, sns }: DeliveryTargets): Deliver {
  return async (targetArn, document, source, options = {}) => {
    const service = targetArn.split(':')[2];
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    if (service === 'sqs') {
      sqs.sendMessage(targetArn, text, { groupId: options.groupId, senderId: source.service });
    } else if (service === 'sns') {
      sns.publish(targetArn, text);
    } else if (service === 'lambda') {
      if (invoker.invokeAsync) await invoker.invokeAsync(targetArn, document, source);
      else await invoker.invoke(targetArn, document, source);
    } else {
      throw new Error(`the twin cannot deliver to ${targetArn}; it delivers to functions, queues and topics`);
    }
  };
}
