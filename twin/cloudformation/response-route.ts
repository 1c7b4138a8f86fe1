import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

import { RESPONSE_PATH } from './custom-resource-responses.ts';

let routedRequest: typeof https.request | undefined;

/**
 * Lets a custom resource's function reach the twin's response server although it assumes what holds in AWS: that
 * `ResponseURL` is `https` on port 443, of which it keeps only host name and path (CDK's own handlers do). To be called
 * in each thread that runs functions, before they get a custom resource's event; once is enough. Requests to anywhere
 * else are left alone.
 */
export function routeCustomResourceResponses(): void {
  if (https.request === routedRequest) return;
  const original = https.request;
  const routed = (...args: unknown[]): http.ClientRequest => {
    const target = responseTarget(args);
    return target
      ? http.request(target.options, target.callback)
      : (original as (...rest: unknown[]) => http.ClientRequest)(...args);
  };
  routedRequest = routed as typeof https.request;
  https.request = routedRequest;
  syncBuiltinESMExports();
}

interface Target {
  readonly options: http.RequestOptions;
  readonly callback?: (response: http.IncomingMessage) => void;
}

/** The request as it must be sent to the response server; `undefined` when it goes elsewhere. */
export function responseTarget(args: readonly unknown[]): Target | undefined {
  const [first, ...rest] = args;
  const callback = args.findLast((argument) => typeof argument === 'function') as Target['callback'];
  const url =
    typeof first === 'string' && URL.canParse(first) ? new URL(first) : first instanceof URL ? first : undefined;
  const options = (
    url ? (typeof rest[0] === 'object' && rest[0] !== null ? rest[0] : {}) : (first ?? {})
  ) as http.RequestOptions;
  const host = url?.hostname ?? options.hostname ?? options.host;
  const path = url ? url.pathname + url.search : options.path;
  if (host !== '127.0.0.1' || !path?.startsWith(RESPONSE_PATH)) return undefined;
  const port = Number(path.slice(RESPONSE_PATH.length).split('/')[0]);
  return {
    options: { method: options.method, headers: options.headers, hostname: host, port, path, protocol: 'http:' },
    callback,
  };
}
