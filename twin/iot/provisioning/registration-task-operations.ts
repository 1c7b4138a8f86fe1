import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../endpoint/service.ts';
import { NOTHING, operation } from '../registry/operations/operation.ts';
import { nextToken, pageByToken } from '../registry/operations/paging.ts';
import type { ReportType, RegistrationTasks } from './registration-tasks.ts';

/** Bulk registration; present where there is an S3 to read the input from. */
export function registrationTaskOperations(tasks: RegistrationTasks): Record<string, OperationDefinition> {
  return {
    StartThingRegistrationTask: operation<
      iot.StartThingRegistrationTaskRequest,
      iot.StartThingRegistrationTaskResponse
    >((input) => {
      const { templateBody, inputFileBucket, inputFileKey, roleArn } = input;
      const task = tasks.start({
        templateBody: templateBody!,
        inputFileBucket: inputFileBucket!,
        inputFileKey: inputFileKey!,
        roleArn: roleArn!,
      });
      return { taskId: task.taskId };
    }),
    StopThingRegistrationTask: operation<iot.StopThingRegistrationTaskRequest, iot.StopThingRegistrationTaskResponse>(
      (input) => {
        tasks.stop(input.taskId!);
        return NOTHING;
      },
    ),
    DescribeThingRegistrationTask: operation<
      iot.DescribeThingRegistrationTaskRequest,
      iot.DescribeThingRegistrationTaskResponse
    >((input) => {
      const { createdAt, lastModifiedAt, done, total, status, ...task } = tasks.describe(input.taskId!);
      return {
        ...task,
        status,
        creationDate: new Date(createdAt),
        lastModifiedDate: new Date(lastModifiedAt),
        percentageProgress: total === 0 ? (status === 'Completed' ? 100 : 0) : Math.floor((done / total) * 100),
      };
    }),
    ListThingRegistrationTasks: operation<
      iot.ListThingRegistrationTasksRequest,
      iot.ListThingRegistrationTasksResponse
    >((input) => {
      const wanted = (key: string): boolean =>
        input.status === undefined || tasks.describe(key).status === input.status;
      const listed = pageByToken(tasks.table.keys, input, wanted);
      return { taskIds: [...listed.keys], ...nextToken(listed) };
    }),
    ListThingRegistrationTaskReports: operation<
      iot.ListThingRegistrationTaskReportsRequest,
      iot.ListThingRegistrationTaskReportsResponse
    >(async (input) => ({
      resourceLinks: await tasks.reportLinks(input.taskId!, input.reportType as ReportType),
      reportType: input.reportType,
    })),
  };
}
