import { DescribeThingCommand, IoTClient } from '@aws-sdk/client-iot';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2WithJWTAuthorizer, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { isAwsError } from '../shared/aws-error.ts';
import { deliver } from '../shared/deliver.ts';
import { deliveryEnvironment } from '../shared/delivery-environment.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { SqsTimers } from '../shared/timers.ts';
import { createCommand } from './create-command.ts';
import { getCommand } from './get-command.ts';
import { failureProblem, json, Problem, problemResponse } from './response.ts';
import { vehicleRegister } from './vehicle-register.ts';

const delivery = deliveryEnvironment();
const timers = new SqsTimers(new SQSClient({}), environment('TIMERS_QUEUE_URL'));
const iot = new IoTClient({});
const vehicles = vehicleRegister(async (thingName) => {
  try {
    return await iot.send(new DescribeThingCommand({ thingName }));
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}, Date.now);

const dependencies = {
  ...delivery,
  timers,
  vehicles,
  deliver: (thing: string) => deliver(thing, delivery, false),
  onDeliveryError(error: unknown) {
    logger.error('delivery broke off', { error });
    return 'failed' as const;
  },
};

type ApiEvent = APIGatewayProxyEventV2WithJWTAuthorizer;

export async function handler(event: ApiEvent): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    return await route(event);
  } catch (error) {
    if (!(error instanceof Problem)) logger.error('request failed', { error, routeKey: event.routeKey });
    return problemResponse(error instanceof Problem ? error : failureProblem(error), event.rawPath);
  }
}

async function route(event: ApiEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const thing = event.pathParameters?.['thing'] ?? '';
  switch (event.routeKey) {
    case 'POST /v1/vehicles/{thing}/commands': {
      const team = event.requestContext.authorizer.jwt.claims['client_id'];
      if (typeof team !== 'string') throw new Problem('forbidden', 'the token names no client');
      const body = event.isBase64Encoded ? Buffer.from(event.body ?? '', 'base64').toString() : (event.body ?? '');
      const view = await createCommand(
        { thing, team, body, idempotencyKey: event.headers['idempotency-key'] },
        dependencies,
      );
      return json(202, view, { location: `/v1/vehicles/${thing}/commands/${view.id}` });
    }
    case 'GET /v1/vehicles/{thing}/commands/{commandId}':
      return json(200, await getCommand(thing, event.pathParameters?.['commandId'] ?? '', dependencies));
    default:
      throw new Problem('not-found', `there is no ${event.routeKey}`);
  }
}
