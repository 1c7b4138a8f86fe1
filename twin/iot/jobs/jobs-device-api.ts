import type { DeviceApi, DeviceApiAction, DeviceApiRequest, DeviceApiResponse } from '../broker/ports.ts';
import type { DeviceAnswer, DeviceJobs, DeviceRequest } from './device-jobs.ts';
import { awsErrorOf, JobsRefusal } from './jobs-refusal.ts';

const JOBS = /^\/things\/([^/]+)\/jobs(?:\/([^/]+))?$/;

type Operation =
  'GetPendingJobExecutions' | 'StartNextPendingJobExecution' | 'DescribeJobExecution' | 'UpdateJobExecution';

/**
 * Jobs over HTTPS with a client certificate, whose policies decide by the `iotjobsdata` actions (developer guide,
 * "Authorizing your devices to securely use AWS IoT Jobs on the data plane").
 */
export class JobsDeviceApi implements DeviceApi {
  readonly #devices: DeviceJobs;

  constructor(devices: DeviceJobs) {
    this.#devices = devices;
  }

  serves(path: string): boolean {
    return JOBS.test(path);
  }

  async handle(request: DeviceApiRequest): Promise<DeviceApiResponse> {
    const [, encodedThing, encodedJob] = JOBS.exec(request.path)!;
    try {
      const thingName = decoded(encodedThing!);
      const jobId = encodedJob === undefined ? undefined : decoded(encodedJob);
      const operation = operationOf(request.method, jobId);
      const action: DeviceApiAction = `iotjobsdata:${operation}`;
      if (!request.authorize(action, thingName))
        return { statusCode: 403, errorType: 'ForbiddenException', body: { message: 'Forbidden' } };
      return { statusCode: 200, body: { ...(await this.#perform(operation, thingName, jobId!, request)) } };
    } catch (error) {
      if (!(error instanceof JobsRefusal)) throw error;
      const { statusCode, code, message } = awsErrorOf(error);
      return { statusCode, errorType: code, body: { message } };
    }
  }

  #perform(
    operation: Operation,
    thingName: string,
    jobId: string,
    { query, payload }: DeviceApiRequest,
  ): DeviceAnswer | Promise<DeviceAnswer> {
    switch (operation) {
      case 'GetPendingJobExecutions':
        return this.#devices.getPendingJobExecutions(thingName);
      case 'StartNextPendingJobExecution':
        return this.#devices.startNextPendingJobExecution(thingName, bodyOf(payload));
      case 'DescribeJobExecution':
        return this.#devices.describeJobExecution(thingName, jobId, {
          executionNumber: query.get('executionNumber') ?? undefined,
          includeJobDocument: query.get('includeJobDocument') !== 'false',
        });
      case 'UpdateJobExecution':
        return this.#devices.updateJobExecution(thingName, jobId, bodyOf(payload));
    }
  }
}

function operationOf(method: string, jobId: string | undefined): Operation {
  if (method === 'GET') return jobId === undefined ? 'GetPendingJobExecutions' : 'DescribeJobExecution';
  if (method === 'PUT' && jobId === '$next') return 'StartNextPendingJobExecution';
  if (method === 'POST' && jobId !== undefined) return 'UpdateJobExecution';
  throw new JobsRefusal('InvalidRequest', `${method} is not a method of this resource.`);
}

function bodyOf(payload: Buffer): DeviceRequest {
  if (payload.length === 0) return {};
  try {
    const body = JSON.parse(payload.toString()) as unknown;
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as DeviceRequest;
  } catch {
    // Refused below, as what is no object.
  }
  throw new JobsRefusal('InvalidRequest', 'The body must be a JSON object.');
}

function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new JobsRefusal('InvalidRequest', 'The path is not URL-encoded.');
  }
}
