import type { Account } from '../account.ts';
import { IovError } from '../errors.ts';
import { inDependencyOrder, runInDependencyOrder } from './dependency-graph.ts';
import { DeploymentState, type ResourceRecord, type StackRecord } from './deployment-state.ts';
import type { Engine } from './engine.ts';
import { evaluate, NO_VALUE, unresolvable } from './evaluation.ts';
import { resolveParameters } from './parameters.ts';
import { stackArn } from './physical-names.ts';
import { referencesOf } from './references.ts';
import { applyResource, deleteResource } from './resource-operations.ts';
import { type StackScope, stackScope } from './stack-scope.ts';
import type { ResourceDefinition, Template } from './template.ts';

export interface StackInput {
  readonly stackName: string;
  readonly account: Account;
  readonly template: Template;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly assemblyFolder: string;
  /** Stack key of the parent, for a nested stack. */
  readonly parent?: string;
}

/**
 * Brings one stack to what its template says: creates and updates in dependency order, then deletes what was replaced
 * or has left the template. It goes on where an earlier run stopped; a failure leaves what exists recorded.
 *
 * @throws IovError IOV_ASSEMBLY_BROKEN, IOV_RESOURCE_FAILED, or a provider's own IovError
 */
export async function deployStack(input: StackInput, engine: Engine): Promise<StackRecord> {
  const { stackName, account, assemblyFolder } = input;
  const stackKey = DeploymentState.stackKey(account, stackName);
  const stackId = stackArn(account, stackName);
  const earlier = engine.state.stack(stackKey);
  // Known before its resources are, so that a stack which fails half way can still be destroyed.
  if (!earlier)
    engine.state.saveStack({ stackKey, stackId, stackName, account, parent: input.parent, outputs: {}, exports: {} });

  const parameters = await resolveParameters(stackName, input.template, input.parameters, engine.references);
  const done = new Set<string>();
  const scope = stackScope({
    stackName,
    stackId,
    account,
    template: input.template,
    parameters,
    resource: (logicalId) => (done.has(logicalId) ? engine.state.resource(stackKey, logicalId) : undefined),
    state: engine.state,
    stackKey: DeploymentState.stackKey,
  });
  const dependencies = dependenciesWithin(scope, stackName);
  const { order, cycle } = inDependencyOrder([...scope.active.keys()], (logicalId) => dependencies.get(logicalId)!);
  if (cycle)
    throw unresolvable(stackName, 'Resources', `resources depend on each other in a circle: ${cycle.join(' -> ')}`);

  await runInDependencyOrder(
    order,
    (logicalId) => dependencies.get(logicalId)!,
    engine.concurrency,
    async (logicalId) => {
      const definition = scope.active.get(logicalId)!;
      const action = await applyResource(
        {
          stackKey,
          request: {
            stackName,
            stackId,
            logicalId,
            type: definition.Type,
            properties: propertiesOf(logicalId, definition, scope),
            account,
            metadata: definition.Metadata,
            assemblyFolder,
          },
          dependsOn: [...dependencies.get(logicalId)!],
          deletionPolicy: definition.DeletionPolicy,
          updateReplacePolicy: definition.UpdateReplacePolicy,
        },
        engine,
      );
      done.add(logicalId);
      engine.report({ stackName, logicalId, type: definition.Type, action, done: done.size, total: order.length });
    },
  );

  const record: StackRecord = {
    stackKey,
    stackId,
    stackName,
    account,
    parent: input.parent,
    ...outputsOf(scope, stackKey, engine.state),
  };
  engine.state.saveStack(record);
  for (const gone of engine.state.resources(stackKey).filter(({ logicalId }) => !scope.active.has(logicalId))) {
    engine.state.scheduleRemoval(gone);
    engine.state.forgetResource(gone);
  }
  await removeScheduled(record, engine);
  return record;
}

/**
 * Deletes a stack: its resources in reverse order, except those that are to be retained.
 *
 * @throws IovError IOV_RESOURCE_FAILED at the first that cannot be deleted; those before it are gone
 */
export async function destroyStack(stack: StackRecord, engine: Engine): Promise<void> {
  for (const record of engine.state.resources(stack.stackKey)) {
    engine.state.scheduleRemoval(record);
    engine.state.forgetResource(record);
  }
  const failures = await removeScheduled(stack, engine);
  if (failures[0]) throw failures[0];
  engine.state.forgetStack(stack.stackKey);
}

/** A failed deletion is reported, and tried again at the next deployment, as the stack itself is complete by then. */
async function removeScheduled(stack: StackRecord, engine: Engine): Promise<IovError[]> {
  const scheduled = engine.state.removals(stack.stackKey);
  const byKey = new Map(scheduled.map((record, index) => [`${record.logicalId}#${index}`, record]));
  const { order } = inDependencyOrder([...byKey.keys()], (key) =>
    [...byKey.keys()].filter(
      (other) => other !== key && byKey.get(key)!.dependsOn.includes(byKey.get(other)!.logicalId),
    ),
  );
  const failures: IovError[] = [];
  for (const key of (order.length > 0 ? order : [...byKey.keys()]).reverse()) {
    const record = byKey.get(key)!;
    const { logicalId, type } = record;
    const report = (action: 'retained' | 'deleted' | 'delete-failed', detail?: string): void =>
      engine.report({ stackName: stack.stackName, logicalId, type, action, detail });
    if (
      isRetained(record, engine.state.resource(stack.stackKey, logicalId) !== undefined) ||
      isTakenOver(record, engine)
    ) {
      engine.state.removed(record);
      report('retained');
      continue;
    }
    try {
      await deleteResource(record, stack, engine);
      engine.state.removed(record);
      report('deleted');
    } catch (error) {
      if (!(error instanceof IovError)) throw error;
      failures.push(error);
      report('delete-failed', error.message);
    }
  }
  return failures;
}

/** `Snapshot` keeps the data too, and the twin has no snapshots to keep it in. */
function isRetained(record: ResourceRecord, replaced: boolean): boolean {
  const policy = replaced ? record.updateReplacePolicy : record.deletionPolicy;
  return policy === 'Retain' || policy === 'RetainExceptOnCreate' || policy === 'Snapshot';
}

/** The same physical resource now belongs to another logical id, e.g. one that was renamed and has an explicit name. */
function isTakenOver(record: ResourceRecord, engine: Engine): boolean {
  return engine.state
    .resources(record.stackKey)
    .some(({ type, physicalId }) => type === record.type && physicalId === record.physicalId);
}

function dependenciesWithin(scope: StackScope, stackName: string): Map<string, Set<string>> {
  const dependencies = new Map<string, Set<string>>();
  for (const [logicalId, definition] of scope.active) {
    const dependsOn = typeof definition.DependsOn === 'string' ? [definition.DependsOn] : (definition.DependsOn ?? []);
    const missing = dependsOn.find((name) => !scope.template.Resources?.[name]);
    if (missing !== undefined)
      throw unresolvable(stackName, `Resources.${logicalId}.DependsOn`, `there is no resource "${missing}"`);
    const references = referencesOf(definition, scope.condition);
    dependencies.set(logicalId, new Set([...references].filter((name) => scope.active.has(name))));
  }
  return dependencies;
}

function propertiesOf(logicalId: string, definition: ResourceDefinition, scope: StackScope): Record<string, unknown> {
  const properties = evaluate(definition.Properties ?? {}, scope, `Resources.${logicalId}.Properties`);
  if (properties === NO_VALUE) return {};
  if (typeof properties === 'object' && properties !== null && !Array.isArray(properties))
    return properties as Record<string, unknown>;
  throw unresolvable(scope.stackName, `Resources.${logicalId}.Properties`, 'is not an object');
}

function outputsOf(
  scope: StackScope,
  stackKey: string,
  state: DeploymentState,
): Pick<StackRecord, 'outputs' | 'exports'> {
  const outputs: Record<string, string> = {};
  const exports: Record<string, string> = {};
  for (const [name, output] of Object.entries(scope.template.Outputs ?? {})) {
    if (output.Condition !== undefined && scope.condition(output.Condition) === false) continue;
    const path = `Outputs.${name}`;
    const value = evaluate(output.Value, scope, `${path}.Value`);
    if (value === NO_VALUE) continue;
    outputs[name] = typeof value === 'string' ? value : Array.isArray(value) ? value.join(',') : String(value);
    if (!output.Export) continue;
    const exportName = String(evaluate(output.Export.Name, scope, `${path}.Export.Name`));
    const other = state.exporter(scope.account, exportName);
    if (other && other.stackKey !== stackKey) {
      throw unresolvable(
        scope.stackName,
        `${path}.Export`,
        `the stack ${other.stackName} already exports "${exportName}"`,
      );
    }
    exports[exportName] = outputs[name];
  }
  return { outputs, exports };
}
