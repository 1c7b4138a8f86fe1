import { AwsError, type AwsService, type OperationInput } from '../endpoint/service.ts';
import type { Account } from '../account.ts';
import { arn } from '../account.ts';
import { functionNameOf, type FunctionDefinition } from './definition.ts';
import type { Functions } from './functions.ts';

function configurationOf(definition: FunctionDefinition): Record<string, unknown> {
  return {
    FunctionName: definition.name,
    FunctionArn: definition.arn,
    Runtime: definition.runtime,
    Role: definition.roleArn,
    Handler: definition.handler,
    Description: definition.description ?? '',
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memoryMegabytes,
    LastModified: definition.lastModified,
    CodeSha256: definition.codeHash,
    Version: '$LATEST',
    PackageType: 'Zip',
    Architectures: [definition.architecture],
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Environment: { Variables: definition.environment },
  };
}

function eventOf(payload: unknown): unknown {
  const text = payload instanceof Uint8Array ? Buffer.from(payload).toString('utf8') : '';
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AwsError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${(cause as Error).message}`,
      400,
    );
  }
}

const functionArn = (input: OperationInput, account: Account): string[] => [
  arn(account, 'lambda', `function:${functionNameOf(String(input['FunctionName']))}`),
];

/** The Lambda API as far as a function, an app or the AWS CLI uses it to call and inspect functions. */
export function lambdaService(functions: Functions): AwsService {
  return {
    signingNames: ['lambda'],
    iamPrefix: 'lambda',
    model: () => import('@aws-sdk/client-lambda') as Promise<Record<string, unknown>>,
    operations: {
      Invoke: {
        iamAction: 'InvokeFunction',
        resources: functionArn,
        async run(input) {
          const name = String(input['FunctionName']);
          const event = eventOf(input['Payload']);
          if (input['InvocationType'] === 'DryRun') {
            functions.get(name);
            return { StatusCode: 204 };
          }
          if (input['InvocationType'] === 'Event') {
            await functions.invokeAsync(name, event);
            return { StatusCode: 202 };
          }
          const { payload, functionError } = await functions.invoke(name, event);
          return {
            StatusCode: 200,
            ExecutedVersion: '$LATEST',
            FunctionError: functionError,
            Payload: Buffer.from(payload),
          };
        },
      },
      ListFunctions: { run: () => ({ Functions: functions.list().map(configurationOf) }) },
      GetFunction: {
        resources: functionArn,
        run: (input) => {
          const definition = functions.get(String(input['FunctionName']));
          return {
            Configuration: configurationOf(definition),
            Code: { RepositoryType: 'S3', Location: definition.codeFolder },
          };
        },
      },
      GetFunctionConfiguration: {
        resources: functionArn,
        run: (input) => configurationOf(functions.get(String(input['FunctionName']))),
      },
      GetPolicy: {
        resources: functionArn,
        run: (input) => {
          const definition = functions.get(String(input['FunctionName']));
          const permissions = functions.permissionsOf(definition.name);
          if (permissions.length === 0)
            throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404);
          const statements = permissions.map((permission) => ({
            Sid: permission.statementId,
            Effect: 'Allow',
            Principal: { Service: permission.principal },
            Action: permission.action,
            Resource: definition.arn,
            ...(permission.sourceArn && { Condition: { ArnLike: { 'AWS:SourceArn': permission.sourceArn } } }),
          }));
          return { Policy: JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements }) };
        },
      },
    },
  };
}
