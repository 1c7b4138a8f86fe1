import { Shape, traitsOf } from './shape.ts';
import type { Traits } from './shape.ts';

export type Protocol = 'json' | 'query' | 'rest-json' | 'rest-xml';

export interface HttpBinding {
  readonly method: string;
  /** URI template with `{label}` and `{greedy+}`, and perhaps a literal query (`?x=y`). */
  readonly uri: string;
  readonly statusCode: number;
}

export interface OperationModel {
  readonly name: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly http: HttpBinding | undefined;
}

export interface ErrorModel {
  readonly name: string;
  readonly statusCode: number | undefined;
  /** Code that the service used while it spoke the query protocol; clients of those services still look for it. */
  readonly queryCode: string | undefined;
  readonly senderFault: boolean;
  readonly memberNames: readonly string[];
}

/** What one AWS SDK client's schemas say about its service. */
export interface ServiceModel {
  readonly namespace: string;
  readonly protocol: Protocol;
  readonly jsonVersion: '1.0' | '1.1';
  readonly xmlNamespace: string | undefined;
  readonly queryCompatible: boolean;
  readonly operations: ReadonlyMap<string, OperationModel>;
  readonly errors: ReadonlyMap<string, ErrorModel>;
}

interface ClientProtocol {
  getShapeId(): string;
}

interface ClientConstructor {
  new (configuration: Record<string, unknown>): {
    readonly config: {
      readonly protocol: ClientProtocol;
      readonly protocolSettings: { readonly xmlNamespace?: string; readonly awsQueryCompatible?: boolean };
    };
  };
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  'aws.protocols#awsJson1_0': 'json',
  'aws.protocols#awsJson1_1': 'json',
  'aws.protocols#awsQuery': 'query',
  'aws.protocols#restJson1': 'rest-json',
  'aws.protocols#restXml': 'rest-xml',
};

/**
 * Reads the module of an AWS SDK client (`@aws-sdk/client-…`).
 *
 * @throws Error when the module exports no client or speaks a protocol that the endpoint does not
 */
export function readModel(clientModule: Record<string, unknown>): ServiceModel {
  const { protocol: clientProtocol, protocolSettings } = configurationOf(clientModule);
  const shapeId = clientProtocol.getShapeId();
  const protocol = PROTOCOLS[shapeId];
  if (!protocol) throw new Error(`the endpoint does not speak ${shapeId}`);
  const schemas = Object.values(clientModule).filter((value): value is unknown[] => Array.isArray(value));
  const operations = schemas.filter((schema) => schema[0] === 9);
  return {
    namespace: String(operations[0]?.[1] ?? ''),
    protocol,
    jsonVersion: shapeId.endsWith('1_1') ? '1.1' : '1.0',
    xmlNamespace: protocolSettings.xmlNamespace,
    queryCompatible: protocolSettings.awsQueryCompatible === true,
    operations: new Map(operations.map((schema) => [String(schema[2]), operationOf(schema)])),
    errors: new Map(schemas.filter((schema) => schema[0] === -3).map((schema) => [String(schema[2]), errorOf(schema)])),
  };
}

// Which protocol a service speaks is said only by its client's configuration.
function configurationOf(clientModule: Record<string, unknown>): InstanceType<ClientConstructor>['config'] {
  const entry = Object.entries(clientModule).find(([name]) => name.endsWith('Client') && !name.startsWith('_'));
  if (!entry) throw new Error('the module exports no client of the AWS SDK');
  const Client = entry[1] as ClientConstructor;
  return new Client({ region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } }).config;
}

function operationOf(schema: readonly unknown[]): OperationModel {
  const traits: Traits = traitsOf(schema[3]);
  const http = traits['http'] as [string, string, number] | undefined;
  let input: Shape | undefined;
  let output: Shape | undefined;
  return {
    name: String(schema[2]),
    get input() {
      return (input ??= new Shape(schema[4]));
    },
    get output() {
      return (output ??= new Shape(schema[5]));
    },
    http: http && { method: http[0], uri: http[1], statusCode: http[2] },
  };
}

function errorOf(schema: readonly unknown[]): ErrorModel {
  const traits = traitsOf(schema[3]);
  const query = traits['awsQueryError'] as [string, number] | undefined;
  return {
    name: String(schema[2]),
    statusCode: (traits['httpError'] as number | undefined) ?? query?.[1],
    queryCode: query?.[0],
    senderFault: traits['error'] === 'client',
    memberNames: schema[4] as string[],
  };
}
