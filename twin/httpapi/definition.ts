/** API Gateway HTTP APIs as CloudFormation defines them. */
export interface HttpApi {
  readonly id: string;
  readonly name: string;
  readonly cors?: CorsConfiguration;
}

export interface CorsConfiguration {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds?: number;
  readonly allowCredentials?: boolean;
}

export interface Route {
  readonly id: string;
  readonly apiId: string;
  /** `POST /v1/things/{name}`, `ANY /{proxy+}` or `$default` */
  readonly routeKey: string;
  readonly integrationId?: string;
  readonly authorizationType: 'NONE' | 'JWT' | 'CUSTOM' | 'AWS_IAM';
  readonly authorizerId?: string;
  readonly scopes: readonly string[];
}

export interface Integration {
  readonly id: string;
  readonly apiId: string;
  readonly type: string;
  /** Function ARN, or the `apigateway:…/functions/<arn>/invocations` form. */
  readonly uri: string;
  readonly timeoutMilliseconds: number;
}

export interface Authorizer {
  readonly id: string;
  readonly apiId: string;
  readonly name: string;
  readonly type: 'JWT' | 'REQUEST';
  readonly identitySource: readonly string[];
  readonly issuer?: string;
  readonly audience: readonly string[];
  readonly functionUri?: string;
  readonly enableSimpleResponses: boolean;
}

export interface Stage {
  readonly apiId: string;
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly throttling: { readonly burst?: number; readonly rate?: number };
}

/** The function that an integration or authorizer URI names. */
export function functionArnOf(uri: string): string {
  return /functions\/(arn:[^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
}
