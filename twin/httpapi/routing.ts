import type { Route } from './definition.ts';

export interface RouteMatch {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/').slice(1);
  const given = path.split('/').slice(1);
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const greedy = /^\{([^}]+)\+\}$/.exec(segment);
    if (greedy) {
      const rest = given.slice(index);
      if (rest.length === 0 || rest[0] === '') return undefined;
      parameters[greedy[1]!] = rest.map(decode).join('/');
      return parameters;
    }
    const value = given[index];
    if (value === undefined) return undefined;
    const variable = /^\{([^}]+)\}$/.exec(segment);
    if (variable) {
      if (value === '') return undefined;
      parameters[variable[1]!] = decode(value);
    } else if (segment !== value) {
      return undefined;
    }
  }
  return wanted.length === given.length ? parameters : undefined;
}

/** Full matches come before variables, variables before greedy ones, a method before `ANY`, `$default` last. */
function specificity(routeKey: string): string {
  if (routeKey === '$default') return '9';
  const [method, path] = routeKey.split(' ');
  const segments = path!
    .split('/')
    .map((segment) => (!segment.startsWith('{') ? '0' : segment.endsWith('+}') ? '2' : '1'));
  return `${segments.join('')}${method === 'ANY' ? '1' : '0'}`;
}

/** Puts routes in the order of API Gateway's selection ("Routing API requests", HTTP API developer guide). */
export function inOrderOfSelection(routes: readonly Route[]): Route[] {
  return [...routes].sort((a, b) => specificity(a.routeKey).localeCompare(specificity(b.routeKey)));
}

/** @param routes in order of selection */
export function selectRoute(routes: readonly Route[], method: string, path: string): RouteMatch | undefined {
  for (const route of routes) {
    if (route.routeKey === '$default') return { route, pathParameters: {} };
    const [wantedMethod, pattern] = route.routeKey.split(' ');
    if (wantedMethod !== 'ANY' && wantedMethod !== method) continue;
    const pathParameters = matchPath(pattern!, path);
    if (pathParameters) return { route, pathParameters };
  }
  return undefined;
}
