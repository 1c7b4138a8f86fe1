import { IoTDataPlaneClient, SendDirectMessageCommand } from '@aws-sdk/client-iot-data-plane';
import { isAwsError } from './aws-error.ts';

/** How long the vehicle may take to confirm a message, in seconds (1 to 15). */
export const CONFIRMATION_SECONDS = 5;

/**
 * What became of one direct message. `confirmed`: the vehicle has it (PUBACK). `not-connected`: certainly not, there is no
 * connection. `refused`: certainly not, the front door did not take it. `unconfirmed`: nobody knows.
 */
export type Delivery = 'confirmed' | 'not-connected' | 'refused' | 'unconfirmed';

export interface FrontDoor {
  /** Sends one message to one connected client, no subscription needed. Never throws: not knowing is an outcome too. */
  send(
    clientId: string,
    topic: string,
    document: unknown,
  ): Promise<{ readonly delivery: Delivery; readonly error?: unknown }>;
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/direct-messaging.html */
export class IotFrontDoor implements FrontDoor {
  readonly #client: IoTDataPlaneClient;

  /**
   * One attempt: the SDK would repeat after a 504, and whether to do so is for the ledger to say.
   * @param dataEndpoint the account's own endpoint; AWS_ENDPOINT_URL goes before it, as it does for every other SDK client
   */
  constructor(dataEndpoint: string) {
    this.#client = new IoTDataPlaneClient({
      endpoint: process.env['AWS_ENDPOINT_URL'] ?? `https://${dataEndpoint}`,
      maxAttempts: 1,
    });
  }

  async send(clientId: string, topic: string, document: unknown): Promise<{ delivery: Delivery; error?: unknown }> {
    try {
      await this.#client.send(
        new SendDirectMessageCommand({
          clientId,
          topic,
          payload: new TextEncoder().encode(JSON.stringify(document)),
          contentType: 'application/json',
          confirmation: true,
          timeout: CONFIRMATION_SECONDS,
        }),
      );
      return { delivery: 'confirmed' };
    } catch (error) {
      return { delivery: deliveryOf(error), error };
    }
  }
}

/** What the front door did not take: no such right, too large, too many. */
const REFUSALS = [
  'ForbiddenException',
  'UnauthorizedException',
  'RequestEntityTooLargeException',
  'ThrottlingException',
];

function deliveryOf(error: unknown): Delivery {
  if (isAwsError(error, 'ResourceNotFoundException')) return 'not-connected';
  return isAwsError(error, ...REFUSALS) ? 'refused' : 'unconfirmed';
}
