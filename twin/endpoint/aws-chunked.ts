import type { WireRequest } from './protocol.ts';
import { AwsError } from './service.ts';

/**
 * Takes the chunks of an `aws-chunked` body apart, in which clients of S3 send a checksum after the data they stream
 * (S3 API reference, "Authenticating requests: transferring payload in multiple chunks"). The trailing fields become
 * headers. Signatures of single chunks are not verified: the request's own is, and the checksum proves the data.
 *
 * @throws AwsError IncompleteBody, InvalidRequest
 */
export function decodeAwsChunked<T extends WireRequest>(request: T): T {
  const { headers } = request;
  const streaming = (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const encodings = (headers['content-encoding'] ?? '').split(',').map((name) => name.trim());
  if (!streaming && !encodings.includes('aws-chunked')) return request;

  const { data, trailer } = readChunks(request.body);
  const declared = headers['x-amz-decoded-content-length'];
  if (declared !== undefined && Number(declared) !== data.length) {
    throw new AwsError(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the Content-Length HTTP header',
    );
  }
  const kept = encodings.filter((name) => name !== '' && name !== 'aws-chunked').join(',');
  const { 'content-encoding': _removed, ...others } = headers;
  return {
    ...request,
    body: data,
    headers: {
      ...others,
      ...(kept && { 'content-encoding': kept }),
      'content-length': String(data.length),
      ...trailer,
    },
  };
}

function readChunks(body: Buffer): { data: Buffer; trailer: Record<string, string> } {
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', position);
    const size = lineEnd < 0 ? null : /^([0-9a-fA-F]{1,12})(?:;|$)/.exec(body.toString('latin1', position, lineEnd));
    if (!size) throw new AwsError('InvalidRequest', 'The body is not in aws-chunked encoding.');
    const length = Number.parseInt(size[1]!, 16);
    const start = lineEnd + 2;
    if (length === 0) return { data: Buffer.concat(chunks), trailer: readTrailer(body.toString('latin1', start)) };
    if (start + length > body.length)
      throw new AwsError('IncompleteBody', 'The last chunk of the body is not complete.');
    chunks.push(body.subarray(start, start + length));
    position = start + length + 2;
  }
}

function readTrailer(text: string): Record<string, string> {
  const fields = text.split(/\r?\n/).flatMap((line) => {
    const separator = line.indexOf(':');
    const name = line.slice(0, Math.max(0, separator)).trim().toLowerCase();
    return name.startsWith('x-amz-checksum-') ? [[name, line.slice(separator + 1).trim()]] : [];
  });
  return Object.fromEntries(fields) as Record<string, string>;
}
