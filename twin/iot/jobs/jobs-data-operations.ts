import type { Account } from '../../account.ts';
import type { AwsService, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { iotArn } from '../registry/arns.ts';
import type { DeviceAnswer, DeviceJobs } from './device-jobs.ts';
import { awsErrorOf, JobsRefusal } from './jobs-refusal.ts';

/**
 * The device API over HTTPS with Signature Version 4 (developer guide, "Jobs device HTTP API").
 *
 * @param more operations of the same endpoint that belong to other parts (commands)
 */
export function jobsDataService(
  devices: DeviceJobs,
  more: Readonly<Record<string, OperationDefinition>> = {},
): AwsService {
  const answering = (
    run: (thingName: string, input: OperationInput) => DeviceAnswer | Promise<DeviceAnswer>,
  ): OperationDefinition => ({
    resources: ofThing,
    async run(input) {
      try {
        return { ...(await run(String(input['thingName']), input)) };
      } catch (error) {
        throw error instanceof JobsRefusal ? awsErrorOf(error) : error;
      }
    },
  });
  return {
    signingNames: ['iot-jobs-data'],
    iamPrefix: 'iotjobsdata',
    model: () => import('@aws-sdk/client-iot-jobs-data-plane') as Promise<Record<string, unknown>>,
    operations: {
      GetPendingJobExecutions: answering((thingName) => devices.getPendingJobExecutions(thingName)),
      StartNextPendingJobExecution: answering((thingName, input) =>
        devices.startNextPendingJobExecution(thingName, input),
      ),
      DescribeJobExecution: answering((thingName, input) =>
        devices.describeJobExecution(thingName, String(input['jobId']), input),
      ),
      UpdateJobExecution: answering((thingName, input) =>
        devices.updateJobExecution(thingName, String(input['jobId']), input),
      ),
      ...more,
    },
  };
}

function ofThing(input: OperationInput, account: Account): string[] {
  return [iotArn(account, 'thing', String(input['thingName']))];
}
