import type { Value } from './value.ts';

type Answer<T> = T | Promise<T>;

/**
 * What SQL reaches outside the message. A function that is absent fails, as one whose role, table or secret does not
 * exist. An answer that is at hand (a cached secret) may be returned without a promise, which keeps the evaluation
 * synchronous. A rejection, or a throw, ends the rule unless `get_or_default()` catches it.
 */
export interface Externals {
  /** The secret's `SecretString`, or `SecretBinary` as base64; `key` picks one member of a JSON `SecretString`. */
  getSecret?(request: {
    secretId: string;
    secretType: 'SecretString' | 'SecretBinary';
    key?: string;
    roleArn: string;
  }): Answer<Value>;
  /** The item as plain JSON; `undefined` where there is none. */
  getDynamoDb?(request: {
    tableName: string;
    partitionKey: { name: string; value: Value };
    sortKey?: { name: string; value: Value };
    roleArn: string;
  }): Answer<Value>;
  /** The whole shadow document, as `GetThingShadow` returns it. */
  getThingShadow?(request: { thingName: string; shadowName?: string; roleArn: string }): Answer<Value>;
  /** The answer of the registry operation, in the API's own form. */
  getRegistryData?(request: {
    operation: 'DescribeThing' | 'ListThingGroupsForThing';
    thingName: string;
    roleArn: string;
  }): Answer<Value>;
  /** The function's JSON answer. `payload` is JSON text, or the raw message where the statement passes `*`. */
  invokeLambda?(request: { functionArn: string; payload: Buffer }): Answer<Value>;
  machineLearningPredict?(request: {
    modelId: string;
    roleArn: string;
    record: Readonly<Record<string, string | number | boolean>>;
  }): Answer<Value>;
  /** The bytes of a protobuf `FileDescriptorSet` kept in S3. */
  fetchDescriptor?(request: { bucket: string; key: string }): Answer<Uint8Array>;
}
