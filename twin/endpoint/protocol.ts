import type { Readable } from 'node:stream';

import type { AwsError } from './service.ts';
import type { OperationModel, ServiceModel } from './model.ts';

/** A request as the protocols see it. */
export interface WireRequest {
  readonly method: string;
  /** Still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface WireResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent as it comes; its `content-length` is among the headers. */
  readonly body: string | Buffer | Readable;
}

/** Which operation a request asks for, with what the address itself has said about the input. */
export interface Addressed {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

/** How one protocol of AWS reads requests and writes answers. */
export interface WireProtocol {
  /** The name the request gives to its operation when the model does not know it, else what was found. */
  address(model: ServiceModel, request: WireRequest): Addressed | { readonly unknown: string };
  /** @throws SerializationError */
  readInput(addressed: Addressed, request: WireRequest): Record<string, unknown>;
  writeOutput(
    model: ServiceModel,
    operation: OperationModel,
    output: Record<string, unknown>,
    requestId: string,
  ): WireResponse;
  writeError(model: ServiceModel | undefined, error: AwsError, requestId: string): WireResponse;
}
