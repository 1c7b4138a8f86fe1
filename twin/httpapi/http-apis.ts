import { randomBytes } from 'node:crypto';

import type { Collection, Store } from '../state/store.ts';
import type { Authorizer, HttpApi, Integration, Route, Stage } from './definition.ts';
import { inOrderOfSelection } from './routing.ts';

/** Ten lower-case letters and digits, as API Gateway's ids are. */
export function newApiId(): string {
  return BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(10, '0')
    .slice(-10);
}

/** The account's HTTP APIs. Writes come from CloudFormation; the server reads. */
export class HttpApis {
  readonly apis: Collection<HttpApi>;
  readonly integrations: Collection<Integration>;
  readonly authorizers: Collection<Authorizer>;
  readonly stages: Collection<Stage>;
  readonly #routes: Collection<Route>;
  #ordered = new Map<string, Route[]>();

  constructor(store: Store) {
    this.apis = store.collection('httpapi:apis');
    this.integrations = store.collection('httpapi:integrations');
    this.authorizers = store.collection('httpapi:authorizers');
    this.stages = store.collection('httpapi:stages');
    this.#routes = store.collection('httpapi:routes');
  }

  putRoute(route: Route): void {
    this.#routes.set(route.id, route);
    this.#ordered = new Map();
  }

  deleteRoute(id: string): void {
    this.#routes.delete(id);
    this.#ordered = new Map();
  }

  /** In the order in which API Gateway selects them. */
  routesOf(apiId: string): Route[] {
    let routes = this.#ordered.get(apiId);
    if (!routes) {
      routes = inOrderOfSelection([...this.#routes.values()].filter((route) => route.apiId === apiId));
      this.#ordered.set(apiId, routes);
    }
    return routes;
  }
}
