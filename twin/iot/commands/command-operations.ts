import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../endpoint/service.ts';
import { named, operation } from '../registry/operations/operation.ts';
import { nextToken, pageByToken } from '../registry/operations/paging.ts';
import type { Registry } from '../registry/registry.ts';
import type { CommandRecord } from './command.ts';
import type { Commands } from './commands.ts';
import { invalid } from './failures.ts';
import { answeredParameter, definitionOf } from './wire.ts';

const NAMESPACE = 'AWS-IoT';

/** @throws AwsError ValidationException for the namespace of FleetWise, which is another service */
export function refuseNamespace(namespace: string | undefined): void {
  if (namespace !== undefined && namespace !== NAMESPACE)
    throw invalid(`Namespace ${namespace} is not supported: commands are of namespace ${NAMESPACE}`);
}

/** Commands of the control plane (API reference, AWS IoT). */
export function commandOperations(commands: Commands, registry: Registry): Record<string, OperationDefinition> {
  const onCommand = named('command', 'commandId');
  return {
    CreateCommand: operation<iot.CreateCommandRequest, iot.CreateCommandResponse>((input) => {
      refuseNamespace(input.namespace);
      return registry.atomically(() => {
        const { commandId, commandArn } = commands.create(input.commandId!, definitionOf(input), input);
        registry.tags.set(commandArn, input.tags);
        return { commandId, commandArn };
      });
    }, onCommand),
    GetCommand: operation<iot.GetCommandRequest, iot.GetCommandResponse>(
      (input) => described(commands.get(input.commandId!)),
      onCommand,
    ),
    UpdateCommand: operation<iot.UpdateCommandRequest, iot.UpdateCommandResponse>((input) => {
      const updated = commands.update(input.commandId!, input, input.deprecated);
      const { commandId, displayName, description, deprecated, lastUpdatedAt } = updated;
      return { commandId, displayName, description, deprecated, lastUpdatedAt: new Date(lastUpdatedAt) };
    }, onCommand),
    // 204 for a command that is gone, 202 for one that goes later (API reference, DeleteCommand).
    DeleteCommand: operation<iot.DeleteCommandRequest, iot.DeleteCommandResponse>(
      (input) => ({ statusCode: commands.delete(input.commandId!) ? 204 : 202 }),
      onCommand,
    ),
    ListCommands: operation<iot.ListCommandsRequest, iot.ListCommandsResponse>((input) => {
      refuseNamespace(input.namespace);
      const { table } = commands;
      const listed = pageByToken(table.keys, input, (commandId) => {
        const { deletionAt, mandatoryParameters = [] } = table.get(commandId)!;
        const { commandParameterName: name } = input;
        return deletionAt === undefined && (name === undefined || mandatoryParameters.some((p) => p.name === name));
      });
      return { commands: listed.keys.map((commandId) => summary(table.get(commandId)!)), ...nextToken(listed) };
    }),
  };
}

function summary(command: CommandRecord): iot.CommandSummary {
  const { commandArn, commandId, displayName, deprecated, createdAt, lastUpdatedAt, deletionAt } = command;
  return {
    ...{ commandArn, commandId, deprecated, pendingDeletion: deletionAt !== undefined },
    ...(displayName !== undefined && { displayName }),
    createdAt: new Date(createdAt),
    lastUpdatedAt: new Date(lastUpdatedAt),
  };
}

function described(command: CommandRecord): iot.GetCommandResponse {
  const { description, payload, payloadTemplate, preprocessor, mandatoryParameters, roleArn } = command;
  return {
    ...summary(command),
    namespace: NAMESPACE,
    ...(description !== undefined && { description }),
    ...(payload && {
      payload: { content: Buffer.from(payload.content, 'base64'), contentType: payload.contentType },
    }),
    ...(payloadTemplate !== undefined && { payloadTemplate }),
    ...(preprocessor && { preprocessor: preprocessor as iot.CommandPreprocessor }),
    ...(mandatoryParameters && { mandatoryParameters: mandatoryParameters.map(answeredParameter) }),
    ...(roleArn !== undefined && { roleArn }),
  };
}
