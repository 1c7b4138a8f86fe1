import type { Account } from '../../account.ts';
import type { OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { bucketArn } from './bucket.ts';

/** IAM's resource of a bucket operation. */
export function bucketResource(input: OperationInput, account: Account): string[] {
  return [bucketArn(account, String(input['Bucket']))];
}

/** IAM's resource of an object operation. */
export function objectResource(input: OperationInput, account: Account): string[] {
  return [`${bucketArn(account, String(input['Bucket']))}/${String(input['Key'])}`];
}

export function ofBucket(run: OperationDefinition['run'], iamAction?: string): OperationDefinition {
  return { run, iamAction, resources: bucketResource };
}

export function ofObject(run: OperationDefinition['run'], iamAction?: string): OperationDefinition {
  return { run, iamAction, resources: objectResource };
}

/**
 * An operation on an object or, when the request names one, on a version of it: two actions to IAM (`GetObject` and
 * `GetObjectVersion`).
 */
export function ofVersion(action: string, run: OperationDefinition['run']): OperationDefinition {
  return {
    resources: () => [],
    run(input, context) {
      const named = input['VersionId'] === undefined ? action : action.replace('Object', 'ObjectVersion');
      context.authorize(`s3:${named}`, objectResource(input, context.account)[0]!);
      return run(input, context);
    },
  };
}
