import type { Account } from '../account.ts';
import { findFileAsset } from './assets.ts';
import type { AssemblyStack } from './assembly.ts';
import { DeploymentState } from './deployment-state.ts';
import type { Engine } from './engine.ts';
import { resolveParameters } from './parameters.ts';
import { stackArn } from './physical-names.ts';
import { stackScope } from './stack-scope.ts';
import { readTemplate, type ResourceDefinition, type Template } from './template.ts';

export interface DeclaredResource {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
}

/**
 * Every resource that a stack and its nested stacks will have. Where a condition cannot be decided beforehand (it hangs
 * on what another stack makes), the resources count as if they were there.
 */
export async function declaredResources(
  stack: AssemblyStack,
  account: Account,
  engine: Engine,
): Promise<DeclaredResource[]> {
  return declaredIn(stack.stackName, stack.template(), stack.parameters);

  async function declaredIn(
    stackName: string,
    template: Template,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<DeclaredResource[]> {
    const declared: DeclaredResource[] = [];
    for (const [logicalId, definition] of await activeIn(stackName, template, parameters)) {
      declared.push({ stackName, logicalId, type: definition.Type });
      const nested =
        definition.Type === 'AWS::CloudFormation::Stack' ? nestedTemplate(stack.folder, definition) : undefined;
      if (nested) declared.push(...(await declaredIn(`${stackName}/${logicalId}`, nested, {})));
    }
    return declared;
  }

  async function activeIn(
    stackName: string,
    template: Template,
    given: Readonly<Record<string, unknown>>,
  ): Promise<Iterable<[string, ResourceDefinition]>> {
    try {
      const parameters = await resolveParameters(stackName, template, given, engine.references);
      const stackId = stackArn(account, stackName);
      const resource = (): undefined => undefined;
      return stackScope({
        stackName,
        stackId,
        account,
        template,
        parameters,
        resource,
        state: engine.state,
        stackKey: DeploymentState.stackKey,
      }).active;
    } catch {
      return Object.entries(template.Resources ?? {}).filter(([, definition]) => typeof definition.Type === 'string');
    }
  }
}

/** A nested stack's template by the asset's hash in its URL, which is there before the URL can be evaluated. */
function nestedTemplate(folder: string, definition: ResourceDefinition): Template | undefined {
  const url = (definition.Properties as Record<string, unknown> | undefined)?.['TemplateURL'];
  const hash = /[0-9a-f]{64}/.exec(JSON.stringify(url ?? ''))?.[0];
  const asset = hash === undefined ? undefined : findFileAsset(folder, hash);
  return asset && readTemplate(asset.path);
}
