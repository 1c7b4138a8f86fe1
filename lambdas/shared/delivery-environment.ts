import { setTimeout } from 'node:timers/promises';
import { DynamoCommandLedger } from './command-ledger.ts';
import type { DeliveryEnvironment } from './deliver.ts';
import { dynamo } from './dynamodb.ts';
import { environment } from './environment.ts';
import { IotFrontDoor } from './front-door.ts';
import { logger } from './logger.ts';

/** What a function needs to deliver commands, from the environment variables that its stack gave it. */
export function deliveryEnvironment(): DeliveryEnvironment {
  return {
    ledger: new DynamoCommandLedger(dynamo, environment('COMMANDS_TABLE')),
    frontDoor: new IotFrontDoor(environment('IOT_DATA_ENDPOINT')),
    now: Date.now,
    wait: (milliseconds) => setTimeout(milliseconds),
    onFailure: ({ thing, commandId }, error) => logger.warn('a delivery failed', { thing, commandId, error }),
  };
}
