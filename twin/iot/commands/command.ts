export type ParameterType = 'STRING' | 'BOOLEAN' | 'INTEGER' | 'LONG' | 'DOUBLE' | 'BINARY' | 'UNSIGNEDLONG';

/** A value of one parameter; one member is set. Binary values are kept in base64. */
export interface ParameterValue {
  readonly S?: string;
  readonly B?: boolean;
  readonly I?: number;
  readonly L?: number;
  readonly D?: number;
  readonly BIN?: string;
  /** Larger than a JavaScript number holds. */
  readonly UL?: string;
}

export interface ValueCondition {
  readonly comparisonOperator: string;
  readonly operand: {
    readonly number?: string;
    readonly numbers?: readonly string[];
    readonly string?: string;
    readonly strings?: readonly string[];
    readonly numberRange?: { readonly min: string; readonly max: string };
  };
}

export interface CommandParameter {
  readonly name: string;
  readonly type?: ParameterType;
  /** Given to every execution. */
  readonly value?: ParameterValue;
  readonly defaultValue?: ParameterValue;
  readonly valueConditions?: readonly ValueCondition[];
  readonly description?: string;
}

/** What is decided when a command is created and never changes. */
export interface CommandDefinition {
  /** In base64. */
  readonly payload?: { readonly content: string; readonly contentType: string };
  readonly payloadTemplate?: string;
  readonly preprocessor?: { readonly awsJsonSubstitution?: { readonly outputFormat: 'JSON' | 'CBOR' } };
  readonly mandatoryParameters?: readonly CommandParameter[];
  readonly roleArn?: string;
}

/** Times in milliseconds since the epoch. */
export interface CommandRecord extends CommandDefinition {
  readonly commandId: string;
  readonly commandArn: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly deprecated: boolean;
  readonly createdAt: number;
  readonly lastUpdatedAt: number;
  /** When it was deprecated; a command is deleted after its last execution can have timed out. */
  readonly deprecatedAt?: number;
  /** When a command that was deleted goes. */
  readonly deletionAt?: number;
}

export type ExecutionStatus = 'CREATED' | 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'REJECTED' | 'TIMED_OUT';

/** Lower case as devices send it; binary in base64. */
export interface ResultEntry {
  readonly S?: string;
  readonly B?: boolean;
  readonly BIN?: string;
}

export interface ExecutionRecord {
  readonly executionId: string;
  readonly commandId: string;
  readonly commandArn: string;
  readonly targetArn: string;
  readonly status: ExecutionStatus;
  /** Whether no update is taken any more: a time-out that the cloud found may still be overridden. */
  readonly ended: boolean;
  readonly statusReason?: { readonly reasonCode: string; readonly reasonDescription?: string };
  readonly result?: Readonly<Record<string, ResultEntry>>;
  readonly parameters?: Readonly<Record<string, ParameterValue>>;
  readonly executionTimeoutSeconds: number;
  readonly clientToken?: string;
  readonly createdAt: number;
  readonly lastUpdatedAt: number;
  readonly startedAt?: number;
  readonly completedAt?: number;
}
