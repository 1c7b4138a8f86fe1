import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** The path of every `ResponseURL` begins with this; its second part is the port (see `response-route.ts`). */
export const RESPONSE_PATH = '/custom-resource-response/';

/** CloudFormation refuses longer answers of a custom resource ("Response object is too long."). */
const LONGEST_RESPONSE_BYTES = 4096;

export interface ExpectedResponse {
  readonly url: string;
  /** The body that was PUT, or an explanation why it cannot be used. Never rejects. */
  readonly response: Promise<{ readonly body: Record<string, unknown> } | { readonly unusable: string }>;
  /** No longer waits; a late PUT is refused. */
  forget(): void;
}

/** The place where custom resources PUT their answers, as the pre-signed S3 URL is in AWS. */
export interface ResponseServer {
  expect(): ExpectedResponse;
  close(): Promise<void>;
}

type Settle = (outcome: { body: Record<string, unknown> } | { unusable: string }) => void;

/** Listens on a free loopback port. */
export async function startResponseServer(): Promise<ResponseServer> {
  const expected = new Map<string, Settle>();
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= LONGEST_RESPONSE_BYTES) chunks.push(chunk);
    });
    request.on('error', () => response.destroy());
    request.on('end', () => {
      const token = new URL(request.url ?? '/', 'http://localhost').pathname.split('/').at(-1)!;
      const settle = expected.get(token);
      if (request.method !== 'PUT' || !settle) {
        response.writeHead(403).end();
        return;
      }
      response.writeHead(200).end();
      settle(
        length > LONGEST_RESPONSE_BYTES
          ? { unusable: `Response object is too long (${length} bytes; the limit is ${LONGEST_RESPONSE_BYTES}).` }
          : read(chunks),
      );
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    expect() {
      const token = randomUUID();
      const response = new Promise<{ body: Record<string, unknown> } | { unusable: string }>((resolve) =>
        expected.set(token, resolve),
      );
      return {
        url: `http://127.0.0.1:${port}${RESPONSE_PATH}${port}/${token}`,
        response,
        forget: () => void expected.delete(token),
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function read(chunks: readonly Buffer[]): { body: Record<string, unknown> } | { unusable: string } {
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return { body: body as Record<string, unknown> };
  } catch {
    // Falls through to the one explanation for both.
  }
  return { unusable: 'the response that the function sent is not a JSON object' };
}
