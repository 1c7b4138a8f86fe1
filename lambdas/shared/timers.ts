import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** The longest delay that SQS offers, in seconds. */
export const LONGEST_DELAY = 900;

/** What a timer carries: which command to look at when it rings. */
export interface CommandTimer {
  readonly thing: string;
  readonly commandId: string;
}

export interface Timers {
  /** Rings at or soon after `at` (Unix time in ms), or after 15 minutes at the latest: the one who hears it looks at the clock. */
  set(timer: CommandTimer, at: number, now: number): Promise<void>;
}

/**
 * Timers as delayed SQS messages: they ring within about a second of their time whatever their number, cost a fraction of a
 * cent per thousand, and lose nothing. (EventBridge one-time schedules ring up to a minute late; a sweep over the table reads everything.)
 */
export class SqsTimers implements Timers {
  readonly #sqs: SQSClient;
  readonly #queueUrl: string;

  constructor(sqs: SQSClient, queueUrl: string) {
    this.#sqs = sqs;
    this.#queueUrl = queueUrl;
  }

  async set(timer: CommandTimer, at: number, now: number): Promise<void> {
    await this.#sqs.send(
      new SendMessageCommand({
        QueueUrl: this.#queueUrl,
        MessageBody: JSON.stringify(timer),
        DelaySeconds: delaySeconds(at, now),
      }),
    );
  }
}

/** Rounded up, so that a timer that rings is due. */
export function delaySeconds(at: number, now: number): number {
  return Math.min(LONGEST_DELAY, Math.max(0, Math.ceil((at - now) / 1000)));
}
