import type { Clock } from '../../clock.ts';
import type { ReservedReply, ReservedTopics } from '../broker/ports.ts';
import type { Publication } from '../publication.ts';
import type { DeviceAnswer, DeviceJobs, DeviceRequest } from './device-jobs.ts';
import { JobsRefusal } from './jobs-refusal.ts';
import { seconds } from './messages.ts';

const JOBS_TOPIC = /^\$aws\/things\/([^/]+)\/jobs(?:\/(.*))?$/;

/**
 * The device API over MQTT: requests on `$aws/things/<thing>/jobs/…`, answered to the requester alone on the same topic
 * with `/accepted` or `/rejected` (developer guide, "Jobs device MQTT API operations").
 */
export class JobsTopics implements ReservedTopics {
  readonly #devices: DeviceJobs;
  readonly #clock: Clock;
  readonly #report: (line: string) => void;

  constructor(devices: DeviceJobs, clock: Clock, report: (line: string) => void) {
    this.#devices = devices;
    this.#clock = clock;
    this.#report = report;
  }

  async handle({ topic, payload }: Publication): Promise<readonly ReservedReply[] | 'not reserved'> {
    const parsed = JOBS_TOPIC.exec(topic);
    if (!parsed) return 'not reserved';
    let request: DeviceRequest = {};
    let answer: Record<string, unknown>;
    let suffix = 'accepted';
    try {
      request = requestOf(payload);
      answer = { ...withDocumentAsObject(await this.#serve(parsed[1]!, parsed[2] ?? '', request)) };
    } catch (error) {
      suffix = 'rejected';
      const refusal = error instanceof JobsRefusal ? error : this.#internal(topic, error);
      const { code, message, executionState } = refusal;
      answer = { code, message, ...(executionState && { executionState }) };
    }
    const { clientToken } = request;
    const stamped = { ...(typeof clientToken === 'string' && { clientToken }), timestamp: seconds(this.#clock.now()) };
    const reply = Buffer.from(JSON.stringify({ ...stamped, ...answer }));
    return [{ topic: `${topic}/${suffix}`, payload: reply, to: 'requester' }];
  }

  #serve(thingName: string, path: string, request: DeviceRequest): DeviceAnswer | Promise<DeviceAnswer> {
    if (path === 'get') return this.#devices.getPendingJobExecutions(thingName);
    if (path === 'start-next') return this.#devices.startNextPendingJobExecution(thingName, request);
    const [jobId, operation, ...more] = path.split('/');
    if (jobId && more.length === 0 && operation === 'get')
      return this.#devices.describeJobExecution(thingName, jobId, request);
    if (jobId && more.length === 0 && operation === 'update')
      return this.#devices.updateJobExecution(thingName, jobId, request);
    throw new JobsRefusal('InvalidTopic', `No operation of AWS IoT Jobs has the topic jobs/${path}.`);
  }

  #internal(topic: string, error: unknown): JobsRefusal {
    this.#report(`The jobs request on ${topic} failed: ${(error as Error).stack ?? String(error)}`);
    return new JobsRefusal('InternalError', 'An internal error occurred.');
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** An empty payload asks for the defaults. */
function requestOf(payload: Uint8Array): DeviceRequest {
  if (payload.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(UTF8.decode(payload));
  } catch (error) {
    throw new JobsRefusal('InvalidJson', `The payload is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new JobsRefusal('InvalidRequest', 'The payload must be a JSON object.');
  return value as DeviceRequest;
}

/** In MQTT the job document is a JSON object, over HTTPS its text. */
function withDocumentAsObject(answer: DeviceAnswer): Record<string, unknown> {
  const { execution, jobDocument, ...rest } = answer;
  return {
    ...rest,
    ...(jobDocument !== undefined && { jobDocument: JSON.parse(jobDocument) as unknown }),
    ...(execution && {
      execution: {
        ...execution,
        ...(execution.jobDocument !== undefined && { jobDocument: JSON.parse(execution.jobDocument) as unknown }),
      },
    }),
  };
}
