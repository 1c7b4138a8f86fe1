/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html */
export interface AuthorizerEvent {
  /** What came under the authorizer's token key name. */
  readonly token?: string;
  readonly protocolData?: {
    readonly http?: { readonly headers?: Readonly<Record<string, string>>; readonly queryString?: string };
    readonly mqtt?: { readonly username?: string; readonly password?: string; readonly clientId?: string };
  };
  readonly connectionMetadata?: { readonly id?: string };
}

export interface AuthorizerResponse {
  readonly isAuthenticated: boolean;
  readonly principalId: string;
  readonly disconnectAfterInSeconds: number;
  readonly refreshAfterInSeconds: number;
  readonly policyDocuments: readonly PolicyDocument[];
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}
