import type { Account } from '../../../account.ts';
import type {
  OperationContext,
  OperationDefinition,
  OperationInput,
  OperationOutput,
} from '../../../endpoint/service.ts';
import type { IotResourceKind } from '../arns.ts';
import { iotArn } from '../arns.ts';

/** ARNs that IAM is asked about, from an operation's input. */
export type ResourcesOf = (input: OperationInput, account: Account) => string[];

/**
 * An operation in the terms of the SDK's own types, which the endpoint has checked the input against.
 *
 * @param resources what IAM is asked about; `*` when absent
 */
export function operation<Input, Output extends object>(
  run: (input: Input, context: OperationContext) => Promise<Output> | Output,
  resources?: ResourcesOf,
): OperationDefinition {
  return {
    run: (input, context) => run(input as Input, context) as OperationOutput | Promise<OperationOutput>,
    ...(resources && { resources }),
  };
}

/** IAM is asked about the resource of this kind whose name is in this member. */
export function named(kind: IotResourceKind, member: string): ResourcesOf {
  return (input, account) => {
    const name = input[member];
    return [typeof name === 'string' ? iotArn(account, kind, name) : '*'];
  };
}

/** IAM is asked about the ARN in this member. */
export function byArn(member: string): ResourcesOf {
  return (input) => [typeof input[member] === 'string' ? input[member] : '*'];
}

/** IAM is asked about the certificate whose ARN is in this member; about `*` for a Cognito identity. */
export function byPrincipal(member: string): ResourcesOf {
  return (input) => {
    const principal = input[member];
    return [typeof principal === 'string' && principal.startsWith('arn:') ? principal : '*'];
  };
}

/** What an operation without output answers. */
export const NOTHING = {};
