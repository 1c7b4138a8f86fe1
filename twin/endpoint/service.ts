import type { Account } from '../account.ts';

/** An error as AWS services answer it; the endpoint renders it in the protocol of the request. */
export class AwsError extends Error {
  readonly code: string;
  readonly statusCode: number;
  /** Further members of the error's shape, e.g. `{ resourceId, resourceArn }`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, statusCode = 400, members: Record<string, unknown> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.statusCode = statusCode;
    this.members = members;
  }
}

/** Who calls. The administrator may do anything; a role session only what its role's policies allow. */
export type Caller =
  | { readonly kind: 'administrator'; readonly arn: string }
  | { readonly kind: 'role'; readonly arn: string; readonly roleName: string; readonly sessionName: string };

export interface OperationContext {
  readonly account: Account;
  readonly caller: Caller;
  readonly requestId: string;
  /** Aborted when the client closes the connection before its answer; for operations that wait, e.g. long polling. */
  readonly disconnected: AbortSignal;
  /**
   * For operations whose permission depends on more than one resource or on condition keys; throws AwsError
   * AccessDeniedException with AWS's text. Operations that declare `resources` need not call it.
   */
  authorize(action: string, resource: string, conditionKeys?: Record<string, string>): void;
}

// Inputs differ by operation; the endpoint has checked them against the operation's own shape before `run` sees them.
// Values are those of the SDK: timestamps are Dates, blobs are bytes. An output may also give a timestamp in milliseconds
// since the epoch, and a blob as text.
export type OperationInput = Record<string, unknown>;
export type OperationOutput = Record<string, unknown> | undefined;

export interface OperationDefinition {
  run(input: OperationInput, context: OperationContext): Promise<OperationOutput> | OperationOutput;
  /** IAM action without the service prefix; the operation's name when absent. */
  readonly iamAction?: string;
  /** ARNs that IAM is asked about; `['*']` when absent. */
  resources?(input: OperationInput, account: Account): string[];
  /** Values of service condition keys, e.g. `{ 'dynamodb:LeadingKeys': … }`. */
  conditionKeys?(input: OperationInput): Record<string, string>;
}

/**
 * One AWS service as the endpoint sees it. Wire shapes, paths and protocol come from the published schemas of the AWS
 * SDK's client for that service, so that they are AWS's own and not retyped.
 */
export interface AwsService {
  /** Signing names in a request's credential scope that lead here, e.g. `['iot']`, `['iotdata', 'iotdevicegateway']`. */
  readonly signingNames: readonly string[];
  /** e.g. `iot`, `dynamodb` */
  readonly iamPrefix: string;
  /** The SDK client's module, loaded at the first request. */
  model(): Promise<Record<string, unknown>>;
  /** Inputs and outputs are JSON as it is on the wire (blobs in base64), once checked against the shapes. */
  readonly wireValues?: boolean;
  /** By operation name, e.g. `ListThings`. An operation of the model that is absent here is refused by name. */
  readonly operations: Readonly<Record<string, OperationDefinition>>;
}
