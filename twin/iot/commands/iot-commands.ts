import type { ResourceProvider } from '../../cloudformation/provider.ts';
import type { OperationDefinition } from '../../endpoint/service.ts';
import type { ReservedTopics } from '../broker/ports.ts';
import type { Publish } from '../publication.ts';
import type { Registry } from '../registry/registry.ts';
import { commandOperations } from './command-operations.ts';
import { CommandTopics } from './command-topics.ts';
import { Commands } from './commands.ts';
import { executionOperations, startOperation } from './execution-operations.ts';
import { Executions } from './executions.ts';
import { commandProviders } from './providers.ts';

/** AWS IoT Device Management commands of one account and Region. */
export interface IotCommands {
  readonly topics: ReservedTopics;
  /** Of the `iot` control plane. */
  readonly operations: Readonly<Record<string, OperationDefinition>>;
  /** Of the data plane `iot-jobs-data`. */
  readonly dataOperations: Readonly<Record<string, OperationDefinition>>;
  readonly providers: readonly ResourceProvider[];
  /** Takes up the timers of earlier runs; call it when messages can be published. */
  resume(): void;
  close(): void;
}

/** @param report what the user should know */
export function openIotCommands(registry: Registry, publish: Publish, report: (line: string) => void): IotCommands {
  const commands = new Commands(registry);
  const executions = new Executions(registry, commands, publish);
  return {
    topics: new CommandTopics(registry, executions, report),
    operations: { ...commandOperations(commands, registry), ...executionOperations(executions) },
    dataOperations: startOperation(executions),
    providers: commandProviders(commands, registry),
    resume: () => executions.resume(),
    close() {
      executions.close();
      commands.close();
    },
  };
}
