import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { backboneApp } from '../../lib/backbone-app.ts';
import type { LambdaCode } from '../../lib/bundling/lambda-code.ts';
import type { CellStage } from '../../lib/cell-stage.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { stageName } from '../../lib/stage-name.ts';

/** Instead of bundles: unit tests are about templates, and a snapshot must not change with every line of a function. */
const placeholder: LambdaCode = (name) => Code.fromInline(`exports.handler = async () => '${name}';`);

export function cellOf(environment: 'dev' | 'prod', cell: string): CellStage {
  const app = backboneApp(ENVIRONMENTS, placeholder, environment);
  return app.node.findChild(stageName(environment, cell)) as CellStage;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Resources of one type, by logical id. */
export function resources(stack: Stack, type: string): Record<string, Resource> {
  return Template.fromStack(stack).findResources(type) as Record<string, Resource>;
}
