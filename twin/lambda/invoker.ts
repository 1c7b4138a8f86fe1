/** The answer of one synchronous invocation (Lambda API, Invoke). */
export interface Invocation {
  /** JSON text of the result, or of `{errorMessage, errorType, trace}` when `functionError` is set. */
  readonly payload: string;
  readonly functionError?: 'Handled' | 'Unhandled';
}

/** What rules, hooks, authorizers, APIs and event sources need of Lambda: to call a function and get its answer. */
export interface LambdaInvoker {
  /**
   * Calls a function and waits for its answer.
   *
   * @param functionName name, or ARN with or without a qualifier
   * @param event anything that survives `JSON.stringify`
   * @param caller whose permission the function's resource policy must hold; without it the call is the account's own
   * @throws AwsError ResourceNotFoundException, AccessDeniedException (resource policy), TooManyRequestsException
   */
  invoke(functionName: string, event: unknown, caller?: InvocationCaller): Promise<Invocation>;
}

/** What services need that hand an event to a function and go on. */
export interface LambdaEventQueue {
  /**
   * Queues an event for a function (invocation type `Event`): it is durable when the promise resolves, is tried again
   * after a failure as the function's configuration says, and then goes to its on-failure destination.
   *
   * @throws AwsError as `invoke` does, before anything is queued
   */
  invokeAsync(functionName: string, event: unknown, caller?: InvocationCaller): Promise<void>;
}

/** The service that calls on behalf of a resource; matched against the function's `AWS::Lambda::Permission`s. */
export interface InvocationCaller {
  /** e.g. `iot.amazonaws.com` */
  readonly service: string;
  readonly sourceArn?: string;
}
