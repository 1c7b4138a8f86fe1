import type { MSKEvent } from 'aws-lambda';
import { dynamo } from '../shared/dynamodb.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { DynamoPositions } from './dynamo-positions.ts';
import { keepPositions, type KafkaBatchResponse } from './keep-positions.ts';

const positions = new DynamoPositions(dynamo, environment('POSITIONS_TABLE'));

/** Reads `iov.telemetry`: the worked example of a consumer of the stream. */
export function handler(event: MSKEvent): Promise<KafkaBatchResponse> {
  return keepPositions(event, positions, (error, thing) => logger.error('position not kept', { error, thing }));
}
