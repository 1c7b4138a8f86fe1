import { arn } from '../../../account.ts';
import type { LogEvent } from '../ports.ts';
import { DefinitionReader, evaluate, required, type ActionFactory } from './action.ts';

/** Writes the output to a log group (Developer Guide, "CloudWatch Logs"); with `batchMode` it is an array of log events. */
export const cloudwatchLogsAction: ActionFactory = (definition, { account, clock, ports, sqlVersion }) => {
  const read = new DefinitionReader('cloudwatchLogs', definition, sqlVersion);
  const roleArn = read.text('roleArn');
  const groupTemplate = read.template('logGroupName');
  const batchMode = read.flag('batchMode');
  const logs = required(ports.logs, 'cloudwatchLogs');
  return {
    name: 'CloudwatchLogsAction',
    resource: read.text('logGroupName'),
    async run(invocation) {
      const group = await evaluate(groupTemplate, invocation);
      ports.authorizeRole?.(roleArn, 'logs:PutLogEvents', arn(account, 'logs', `log-group:${group}:*`));
      const { output } = invocation;
      const events = batchMode
        ? eventsOf(output.value)
        : [{ timestamp: clock.now(), message: output.bytes().toString() }];
      await logs.putLogEvents(group, events);
    },
  };
};

function eventsOf(value: unknown): LogEvent[] {
  const events = Array.isArray(value) ? (value as { timestamp?: unknown; message?: unknown }[]) : [];
  const isEvent = ({ timestamp, message }: { timestamp?: unknown; message?: unknown }): boolean =>
    typeof timestamp === 'number' && typeof message === 'string';
  if (
    !Array.isArray(value) ||
    !events.every((event) => event !== null && typeof event === 'object' && isEvent(event))
  ) {
    throw new Error('With batchMode the output is an array of objects with a number "timestamp" and a text "message".');
  }
  return events as unknown as LogEvent[];
}
