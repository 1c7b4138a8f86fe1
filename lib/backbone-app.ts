import { App, type AppProps } from 'aws-cdk-lib';
import type { LambdaCode } from './bundling/lambda-code.ts';
import { CellStage } from './cell-stage.ts';
import type { Environment } from './environments/environment.ts';
import { validateEnvironments } from './environments/validate.ts';

/** Behaviours of the CDK that an app chooses once; here, so that tests and every way to synthesize have the same. */
const FEATURE_FLAGS = {
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-iam:standardizedServicePrincipals': true,
  '@aws-cdk/aws-lambda:createNewPoliciesWithAddToRolePolicy': false,
  '@aws-cdk/aws-sqs:enableQueueEncryptionDefault': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:target-partitions': ['aws'],
};

/**
 * The CDK app: environments, each with its cells, each a stage.
 * @param chosen the environments to synthesize; all are validated against each other
 * @throws Error when the environments are not valid, or none of `known` is called `only`
 */
export function backboneApp(known: readonly Environment[], code: LambdaCode, only?: string, props?: AppProps): App {
  validateEnvironments(known);
  const chosen = known.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) {
    throw new Error(`there is no environment ${only}; there are ${known.map(({ name }) => name).join(', ')}`);
  }
  const app = new App({ analyticsReporting: false, ...props, context: { ...FEATURE_FLAGS, ...props?.context } });
  for (const environment of chosen) {
    for (const cell of environment.cells) new CellStage(app, { environment, cell, code });
  }
  return app;
}
