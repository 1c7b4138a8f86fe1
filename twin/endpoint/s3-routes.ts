import type { OperationModel } from './model.ts';
import type { Addressed, WireRequest } from './protocol.ts';

interface Route {
  readonly operation: OperationModel;
  readonly hasBucket: boolean;
  readonly hasKey: boolean;
  readonly literals: readonly (readonly [string, string])[];
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
}

/** Operations of directory buckets, which by their addresses cannot be told from those of general purpose buckets. */
const OF_DIRECTORY_BUCKETS = new Set(['ListDirectoryBuckets', 'CreateSession']);

/**
 * Bucket and key of a request, from the host (`bucket.s3.…`, `bucket.localhost`) or the first segment of the path
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
 *
 * @throws URIError when the path is not valid percent-encoding
 */
export function bucketAndKey(host: string, path: string): { bucket: string; key: string } {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  const virtual = /^(.+?)\.(?:s3[.-].*|s3|localhost)$/.exec(name)?.[1];
  const rest = path.replace(/^\//, '');
  if (virtual !== undefined && virtual !== 's3' && !virtual.startsWith('s3.'))
    return { bucket: virtual, key: decodeURIComponent(rest) };
  const slash = rest.indexOf('/');
  return slash < 0
    ? { bucket: decodeURIComponent(rest), key: '' }
    : { bucket: decodeURIComponent(rest.slice(0, slash)), key: decodeURIComponent(rest.slice(slash + 1)) };
}

/**
 * Finds S3's operations. Several share a method and path and differ only in a required query parameter (UploadPart and
 * PutObject) or header (CopyObject), which URI templates alone cannot tell apart.
 */
export class S3Routes {
  readonly #byMethod = new Map<string, Route[]>();

  constructor(operations: Iterable<OperationModel>) {
    for (const operation of operations) {
      if (!operation.http || OF_DIRECTORY_BUCKETS.has(operation.name)) continue;
      const routes = this.#byMethod.get(operation.http.method) ?? [];
      routes.push(routeOf(operation, operation.http.uri));
      this.#byMethod.set(operation.http.method, routes);
    }
    for (const routes of this.#byMethod.values()) routes.sort((a, b) => specificity(b) - specificity(a));
  }

  match(request: WireRequest): Addressed | undefined {
    const { bucket, key } = bucketAndKey(request.headers['host'] ?? '', request.path);
    const named = request.query.get('x-id');
    const route = (this.#byMethod.get(request.method) ?? []).find(
      ({ operation, hasBucket, hasKey, literals, requiredQuery, requiredHeaders }) =>
        hasBucket === (bucket !== '') &&
        hasKey === (key !== '') &&
        (named === null || named === operation.name || !literals.some(([name]) => name === 'x-id')) &&
        literals.every(
          ([name, value]) =>
            name === 'x-id' || (request.query.has(name) && (value === '' || request.query.get(name) === value)),
        ) &&
        requiredQuery.every((name) => request.query.has(name)) &&
        requiredHeaders.every((name) => request.headers[name] !== undefined),
    );
    return route && { operation: route.operation, labels: { Bucket: bucket, ...(key !== '' && { Key: key }) } };
  }
}

function routeOf(operation: OperationModel, uri: string): Route {
  const [path = '', query = ''] = uri.split('?', 2);
  const bindings = (trait: 'httpQuery' | 'httpHeader'): string[] =>
    operation.input.required
      .map((name) => operation.input.members.get(name)?.traits[trait])
      .filter((bound) => typeof bound === 'string');
  return {
    operation,
    // The model leaves the bucket out of the path, as its clients put it into the host.
    hasBucket: operation.input.members.has('Bucket') && operation.input.required.includes('Bucket'),
    hasKey: path.includes('{Key+}'),
    literals: [...new URLSearchParams(query)],
    requiredQuery: bindings('httpQuery'),
    requiredHeaders: bindings('httpHeader').map((name) => name.toLowerCase()),
  };
}

function specificity({ literals, requiredQuery, requiredHeaders }: Route): number {
  return literals.filter(([name]) => name !== 'x-id').length + requiredQuery.length + requiredHeaders.length;
}
