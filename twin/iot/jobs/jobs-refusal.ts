import { AwsError } from '../../endpoint/service.ts';

/** Error codes of the device API over MQTT (developer guide, "ErrorResponse"). */
export type JobsErrorCode =
  | 'InvalidTopic'
  | 'InvalidJson'
  | 'InvalidRequest'
  | 'InvalidStateTransition'
  | 'ResourceNotFound'
  | 'VersionMismatch'
  | 'InternalError'
  | 'RequestThrottled'
  | 'TerminalStateReached';

/** A device's request that was not carried out. */
export class JobsRefusal extends Error {
  readonly code: JobsErrorCode;
  /** How the execution stands, for `InvalidStateTransition` and `VersionMismatch`. */
  readonly executionState: Readonly<Record<string, unknown>> | undefined;

  constructor(code: JobsErrorCode, message: string, executionState?: Readonly<Record<string, unknown>>) {
    super(message);
    this.code = code;
    this.executionState = executionState;
  }
}

/** The same over HTTPS (API reference, AWS IoT Jobs Data Plane). */
const HTTP_ERRORS: Readonly<Record<JobsErrorCode, readonly [name: string, statusCode: number]>> = {
  InvalidTopic: ['InvalidRequestException', 400],
  InvalidJson: ['InvalidRequestException', 400],
  InvalidRequest: ['InvalidRequestException', 400],
  InvalidStateTransition: ['InvalidStateTransitionException', 409],
  ResourceNotFound: ['ResourceNotFoundException', 404],
  // The API has no error of its own for it.
  VersionMismatch: ['InvalidStateTransitionException', 409],
  InternalError: ['InternalServerException', 500],
  RequestThrottled: ['ThrottlingException', 429],
  TerminalStateReached: ['TerminalStateException', 410],
};

export function awsErrorOf({ code, message }: JobsRefusal): AwsError {
  const [name, statusCode] = HTTP_ERRORS[code];
  return new AwsError(name, message, statusCode);
}
