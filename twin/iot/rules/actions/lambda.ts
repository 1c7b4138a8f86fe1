import { DefinitionReader, required, type ActionFactory } from './action.ts';

/**
 * Invokes a function, which its resource policy must permit to `iot.amazonaws.com` for this rule (Developer Guide, "Lambda"). IoT
 * invokes asynchronously: nobody waits for the function, and an error that it ends with is Lambda's.
 */
export const lambdaAction: ActionFactory = (definition, { ports, ruleArn, sqlVersion }) => {
  const functionArn = new DefinitionReader('lambda', definition, sqlVersion).text('functionArn');
  const lambda = required(ports.lambda, 'lambda');
  return {
    name: 'LambdaAction',
    resource: functionArn,
    isDetached: true,
    async run({ output }) {
      const { value } = output;
      // What is not JSON reaches the function as base64, as IoT hands binary payloads on.
      const event = output.isRaw && value === undefined ? output.bytes().toString('base64') : value;
      await lambda.invokeAsync(functionArn, event ?? {}, { service: 'iot.amazonaws.com', sourceArn: ruleArn });
    },
  };
};
