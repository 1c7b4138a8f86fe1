import type { Duration } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { FunctionName } from '../bundling/lambda-code.ts';
import type { CellStack } from './cell-stack.ts';

export interface CellFunctionProps {
  readonly description: string;
  readonly timeout: Duration;
  /** In MB. A function's share of CPU grows with it: 256 keeps initialisation of an SDK client short. */
  readonly memorySize?: number;
  readonly environment?: Record<string, string>;
}

/**
 * One function with a role and a log group of its own. The role starts with nothing but writing to that log group; whoever
 * needs more of it grants it. (AWS's managed policy for Lambda allows every log group of the account.)
 */
export class CellFunction extends LambdaFunction {
  constructor(scope: CellStack, id: string, name: FunctionName, props: CellFunctionProps) {
    const { environment, code } = scope.context;
    const functionName = scope.physicalName(name);
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: environment.logRetentionDays,
      removalPolicy: scope.removalPolicy,
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Of the function ${functionName}`,
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    super(scope, id, {
      functionName,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: code(name),
      handler: 'index.handler',
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      timeout: props.timeout,
      memorySize: props.memorySize ?? 256,
      environment: {
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_LOG_LEVEL: environment.logLevel,
        ...props.environment,
      },
    });
  }
}
