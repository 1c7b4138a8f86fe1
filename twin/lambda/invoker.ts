/** The answer of one synchronous invocation (Lambda API, Invoke). */
export interface Invocation {
  /** JSON text of the result, or of `{errorMessage, errorType, trace}` when `functionError` is set. */
  readonly payload: string;
  readonly functionError?: 'Handled' | 'Unhandled';
}

/** What rules, hooks, authorizers, APIs and event sources need of Lambda: to call a function and get its answer. */
export interface LambdaInvoker {
  /**
   * @param functionName name, or ARN with or without a qualifier
   * @param event anything that survives `JSON.stringify`
   * @param caller whose permission the function's resource policy must hold; without it the call is the account's own
   * @throws AwsError ResourceNotFoundException, AccessDeniedException (resource policy), TooManyRequestsException
   */
  invoke(functionName: string, event: unknown, caller?: InvocationCaller): Promise<Invocation>;
}

/** The service that calls on behalf of a resource; matched against the function's `AWS::Lambda::Permission`s. */
export interface InvocationCaller {
  /** e.g. `iot.amazonaws.com` */
  readonly service: string;
  readonly sourceArn?: string;
}
