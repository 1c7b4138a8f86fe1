import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { countOutcome } from '../shared/command-outcome.ts';
import { deliver } from '../shared/deliver.ts';
import { deliveryEnvironment } from '../shared/delivery-environment.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { SqsTimers, type CommandTimer } from '../shared/timers.ts';
import { ring } from './ring.ts';

const delivery = deliveryEnvironment();
const timers = new SqsTimers(new SQSClient({}), environment('TIMERS_QUEUE_URL'));

export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failures = await Promise.all(
    event.Records.map(async ({ body, messageId }) => {
      try {
        const timer = JSON.parse(body) as CommandTimer;
        const state = await ring(timer, {
          ledger: delivery.ledger,
          timers,
          now: delivery.now,
          deliver: (thing) => deliver(thing, delivery, false),
        });
        // Ended by the clock, of which nobody else tells; answers are counted where they arrive.
        if (state === 'EXPIRED' || state === 'UNKNOWN') countOutcome(state);
        logger.info('timer rang', { ...timer, state });
        return [];
      } catch (error) {
        logger.error('timer failed', { error, messageId });
        return [{ itemIdentifier: messageId }];
      }
    }),
  );
  return { batchItemFailures: failures.flat() };
}
