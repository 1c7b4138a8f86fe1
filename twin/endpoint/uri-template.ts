import type { OperationModel } from './model.ts';

interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly segments: readonly Segment[];
  readonly query: readonly (readonly [string, string])[];
}

type Segment = { readonly literal: string } | { readonly label: string; readonly greedy: boolean };

export interface RouteMatch {
  readonly operation: OperationModel;
  /** Values of the labels, percent-decoded. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Finds the operation of a REST request by the URI templates of the model (https://smithy.io/2.0/spec/http-bindings.html). */
export class RouteTable {
  readonly #byMethod = new Map<string, Route[]>();

  constructor(operations: Iterable<OperationModel>) {
    for (const operation of operations) {
      if (!operation.http) continue;
      const route = parse(operation, operation.http.method, operation.http.uri);
      const routes = this.#byMethod.get(route.method);
      if (routes) routes.push(route);
      else this.#byMethod.set(route.method, [route]);
    }
    // Literal segments are more specific than labels, labels than greedy labels, and a literal query more than none.
    for (const routes of this.#byMethod.values()) routes.sort(bySpecificity);
  }

  /**
   * @param path as it came, still percent-encoded
   * @throws URIError when a label is not valid percent-encoding
   */
  match(method: string, path: string, query: URLSearchParams): RouteMatch | undefined {
    const parts = path.replace(/^\//, '').split('/');
    for (const route of this.#byMethod.get(method) ?? []) {
      const labels = matchSegments(route.segments, parts);
      if (
        labels &&
        route.query.every(([name, value]) => query.has(name) && (value === '' || query.get(name) === value))
      ) {
        return { operation: route.operation, labels };
      }
    }
    return undefined;
  }
}

function parse(operation: OperationModel, method: string, uri: string): Route {
  const [path = '', query = ''] = uri.split('?', 2);
  const segments = path
    .replace(/^\//, '')
    .split('/')
    .map((segment): Segment => {
      const label = /^\{([^}+]+)(\+?)\}$/.exec(segment);
      return label ? { label: label[1]!, greedy: label[2] === '+' } : { literal: segment };
    });
  return { operation, method, segments, query: [...new URLSearchParams(query)] };
}

function bySpecificity(a: Route, b: Route): number {
  for (let index = 0; index < Math.max(a.segments.length, b.segments.length); index += 1) {
    const difference = rank(a.segments[index]) - rank(b.segments[index]);
    if (difference !== 0) return difference;
  }
  return b.query.length - a.query.length;
}

function rank(segment: Segment | undefined): number {
  if (!segment) return 3;
  if ('literal' in segment) return 0;
  return segment.greedy ? 2 : 1;
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  let position = 0;
  for (const [index, segment] of segments.entries()) {
    const greedy = 'greedy' in segment && segment.greedy;
    const width = greedy ? parts.length - position - (segments.length - index - 1) : 1;
    if (width < 1 || position + width > parts.length) return undefined;
    const text = parts.slice(position, position + width).join('/');
    if ('literal' in segment ? segment.literal !== text : text === '') return undefined;
    if ('label' in segment) labels[segment.label] = decodeURIComponent(text);
    position += width;
  }
  return position === parts.length ? labels : undefined;
}
