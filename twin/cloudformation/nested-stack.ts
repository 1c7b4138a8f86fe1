import { findFileAsset } from './assets.ts';
import { DeploymentState } from './deployment-state.ts';
import type { Engine } from './engine.ts';
import { generatedName } from './physical-names.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from './provider.ts';
import { deployStack, destroyStack } from './stack-deployment.ts';
import { readTemplate } from './template.ts';

/** `AWS::CloudFormation::Stack`: a stack of its own, whose template is an asset of the assembly. */
export function nestedStackProvider(engine: () => Engine): ResourceProvider {
  const deploy = async (request: ResourceRequest): Promise<ProvisionedResource> => {
    const url = String(request.properties['TemplateURL']);
    const asset = findFileAsset(request.assemblyFolder, url);
    if (!asset) throw new Error(`no asset of ${request.assemblyFolder} is the template ${url}`);
    const child = await deployStack(
      {
        stackName: nestedStackName(request),
        account: request.account,
        template: readTemplate(asset.path),
        parameters: (request.properties['Parameters'] as Record<string, unknown> | undefined) ?? {},
        assemblyFolder: request.assemblyFolder,
        parent: DeploymentState.stackKey(request.account, request.stackName),
      },
      engine(),
    );
    return {
      physicalId: child.stackId,
      attributes: Object.fromEntries(Object.entries(child.outputs).map(([name, value]) => [`Outputs.${name}`, value])),
    };
  };
  return {
    type: 'AWS::CloudFormation::Stack',
    create: deploy,
    update: deploy,
    async delete(request) {
      const child = engine().state.stack(DeploymentState.stackKey(request.account, nestedStackName(request)));
      if (child) await destroyStack(child, engine());
    },
  };
}

function nestedStackName(request: ResourceRequest): string {
  return generatedName(request.stackName, request.logicalId, 128);
}
