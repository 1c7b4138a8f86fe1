/** What the twin and a worker thread say to each other. Events and results travel as JSON text, as they do in AWS. */
export interface EnvironmentData {
  readonly functionName: string;
  readonly functionArn: string;
  readonly handler: string;
  readonly codeFolder: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly logStreamName: string;
}

export interface ToEnvironment {
  readonly requestId: string;
  readonly traceId: string;
  readonly event: string;
}

export type FromEnvironment =
  | { readonly kind: 'ready'; readonly initMilliseconds: number }
  | { readonly kind: 'init-error'; readonly payload: string }
  | { readonly kind: 'result' | 'error'; readonly requestId: string; readonly payload: string };
