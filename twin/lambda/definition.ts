/** A function as CloudFormation defined it. Everything here survives a restart. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** e.g. `nodejs24.x` */
  readonly runtime: string;
  /** `<file>.<export>` */
  readonly handler: string;
  /** Absolute folder that AWS would unpack to `/var/task`. */
  readonly codeFolder: string;
  /** Changes whenever the code does. */
  readonly codeHash: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly roleArn: string;
  readonly description?: string;
  readonly architecture: string;
  readonly reservedConcurrency?: number;
  readonly deadLetterArn?: string;
  readonly lastModified: string;
}

/** `AWS::Lambda::EventInvokeConfig`: what becomes of asynchronous events that fail. */
export interface AsyncConfiguration {
  /** 0 to 2. */
  readonly maximumRetryAttempts: number;
  /** 60 to 21,600. */
  readonly maximumEventAgeSeconds: number;
  readonly onFailureArn?: string;
}

/** One statement of a function's resource policy (`AWS::Lambda::Permission`). */
export interface Permission {
  readonly statementId: string;
  readonly functionName: string;
  readonly action: string;
  /** A service (`iot.amazonaws.com`), an account id or an ARN. */
  readonly principal: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
}

/**
 * The name in any of the forms that the Lambda API takes: name, `account:function:name`, ARN, each with or without a
 * qualifier.
 */
export function functionNameOf(nameOrArn: string): string {
  const parts = nameOrArn.split(':');
  const at = parts.lastIndexOf('function');
  return (at >= 0 ? parts[at + 1] : parts[0]) ?? nameOrArn;
}
