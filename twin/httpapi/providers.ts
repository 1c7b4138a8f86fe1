import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../cloudformation/provider.ts';
import type { Authorizer, CorsConfiguration, HttpApi, Route } from './definition.ts';
import { newApiId, type HttpApis } from './http-apis.ts';

type Properties = Readonly<Record<string, unknown>>;

const texts = (value: unknown): string[] => ((value as unknown[] | undefined) ?? []).map(String);

function corsOf(value: unknown): CorsConfiguration | undefined {
  if (!value) return undefined;
  const cors = value as Properties;
  return {
    allowOrigins: texts(cors['AllowOrigins']),
    allowMethods: texts(cors['AllowMethods']),
    allowHeaders: texts(cors['AllowHeaders']),
    exposeHeaders: texts(cors['ExposeHeaders']),
    maxAgeSeconds: cors['MaxAge'] === undefined ? undefined : Number(cors['MaxAge']),
    allowCredentials: cors['AllowCredentials'] as boolean | undefined,
  };
}

/** The endpoint's port may differ from run to run. */
function withCurrentEndpoint(api: ResourceProvider, apiUrl: () => string): ResourceProvider {
  return {
    ...api,
    read: ({ physicalId }) => ({ physicalId, attributes: { ApiId: physicalId, ApiEndpoint: apiUrl() } }),
  };
}

/** The parts of an API share one life: made with a fresh id, updated under it, forgotten with it. */
function provider(
  type: string,
  put: (id: string, request: ResourceRequest) => ProvisionedResource | void,
  remove: (id: string) => void,
  idOf: (request: ResourceRequest) => string = newApiId,
): ResourceProvider {
  const apply = (id: string, request: ResourceRequest): ProvisionedResource => put(id, request) ?? { physicalId: id };
  return {
    type,
    create: (request) => apply(idOf(request), request),
    update: (request) => apply(request.physicalId, request),
    delete: ({ physicalId }) => remove(physicalId),
  };
}

/**
 * CloudFormation's HTTP API resources.
 *
 * @param apiUrl where the twin serves HTTP APIs, e.g. `http://127.0.0.1:8080`
 */
export function httpApiProviders(apis: HttpApis, apiUrl: () => string): ResourceProvider[] {
  return [
    withCurrentEndpoint(
      provider(
        'AWS::ApiGatewayV2::Api',
        (id, { properties, logicalId }) => {
          if (properties['ProtocolType'] !== 'HTTP')
            throw new Error(
              `an API of protocol ${String(properties['ProtocolType'])} is not executed by the twin; HTTP is`,
            );
          const api: HttpApi = {
            id,
            name: String(properties['Name'] ?? logicalId),
            cors: corsOf(properties['CorsConfiguration']),
          };
          apis.apis.set(id, api);
          return { physicalId: id, attributes: { ApiId: id, ApiEndpoint: apiUrl() } };
        },
        (id) => void apis.apis.delete(id),
      ),
      apiUrl,
    ),
    provider(
      'AWS::ApiGatewayV2::Integration',
      (id, { properties }) => {
        if (properties['IntegrationType'] !== 'AWS_PROXY')
          throw new Error(
            `an integration of type ${String(properties['IntegrationType'])} is not executed by the twin; AWS_PROXY is`,
          );
        const format = String(properties['PayloadFormatVersion'] ?? '2.0');
        if (format !== '2.0') throw new Error(`payload format ${format} is not executed by the twin; 2.0 is`);
        apis.integrations.set(id, {
          id,
          apiId: String(properties['ApiId']),
          type: 'AWS_PROXY',
          uri: String(properties['IntegrationUri']),
          timeoutMilliseconds: Number(properties['TimeoutInMillis'] ?? 30_000),
        });
      },
      (id) => void apis.integrations.delete(id),
    ),
    provider(
      'AWS::ApiGatewayV2::Authorizer',
      (id, { properties }) => {
        const jwt = (properties['JwtConfiguration'] ?? {}) as Properties;
        apis.authorizers.set(id, {
          id,
          apiId: String(properties['ApiId']),
          name: String(properties['Name']),
          type: properties['AuthorizerType'] as Authorizer['type'],
          identitySource: texts(properties['IdentitySource']),
          issuer: jwt['Issuer'] as string | undefined,
          audience: texts(jwt['Audience']),
          functionUri: properties['AuthorizerUri'] as string | undefined,
          enableSimpleResponses: properties['EnableSimpleResponses'] === true,
        });
        return { physicalId: id, attributes: { AuthorizerId: id } };
      },
      (id) => void apis.authorizers.delete(id),
    ),
    provider(
      'AWS::ApiGatewayV2::Route',
      (id, { properties }) => {
        apis.putRoute({
          id,
          apiId: String(properties['ApiId']),
          routeKey: String(properties['RouteKey']),
          integrationId: (properties['Target'] as string | undefined)?.split('/').at(-1),
          authorizationType: (properties['AuthorizationType'] as Route['authorizationType'] | undefined) ?? 'NONE',
          authorizerId: properties['AuthorizerId'] as string | undefined,
          scopes: texts(properties['AuthorizationScopes']),
        });
        return { physicalId: id, attributes: { RouteId: id } };
      },
      (id) => apis.deleteRoute(id),
    ),
    provider(
      'AWS::ApiGatewayV2::Stage',
      (id, { properties }) => {
        const throttling = (properties['DefaultRouteSettings'] ?? {}) as Properties;
        apis.stages.set(id, {
          apiId: String(properties['ApiId']),
          name: String(properties['StageName']),
          variables: (properties['StageVariables'] ?? {}) as Record<string, string>,
          throttling: {
            burst:
              throttling['ThrottlingBurstLimit'] === undefined ? undefined : Number(throttling['ThrottlingBurstLimit']),
            rate:
              throttling['ThrottlingRateLimit'] === undefined ? undefined : Number(throttling['ThrottlingRateLimit']),
          },
        });
      },
      (id) => void apis.stages.delete(id),
      // `Ref` of a stage is its name.
      ({ properties }) => String(properties['StageName']),
    ),
  ];
}
