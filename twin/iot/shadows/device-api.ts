import type { DeviceApi, DeviceApiRequest, DeviceApiResponse } from '../broker/ports.ts';
import { refusalOf, ShadowRefusal } from './refusal.ts';
import type { ShadowApi } from './shadow-api.ts';
import { policyResource, type ShadowKey } from './shadow-name.ts';
import type { ShadowOperation } from './shadow-requests.ts';

const SHADOW = /^\/things\/([^/]+)\/shadow$/;
const NAMES = /^\/api\/things\/shadow\/ListNamedShadowsForThing\/([^/]+)$/;

const METHODS: Readonly<Record<string, ShadowOperation>> = { GET: 'get', POST: 'update', DELETE: 'delete' };
const ACTIONS = {
  get: 'iot:GetThingShadow',
  update: 'iot:UpdateThingShadow',
  delete: 'iot:DeleteThingShadow',
} as const;

/** Shadows over HTTPS with a client certificate, whose policies decide (developer guide, "Device Shadow REST API"). */
export class ShadowDeviceApi implements DeviceApi {
  readonly #api: ShadowApi;

  constructor(api: ShadowApi) {
    this.#api = api;
  }

  serves(path: string): boolean {
    return SHADOW.test(path) || NAMES.test(path);
  }

  async handle(request: DeviceApiRequest): Promise<DeviceApiResponse> {
    const shadow = SHADOW.exec(request.path);
    try {
      const body = shadow
        ? await this.#perform(shadow[1]!, request)
        : this.#list(NAMES.exec(request.path)![1]!, request);
      return { statusCode: 200, body };
    } catch (error) {
      const refusal = refusalOf(error);
      return { statusCode: refusal.code, errorType: refusal.name, body: refusal.document };
    }
  }

  #perform(encodedThing: string, { method, query, payload, authorize }: DeviceApiRequest): Promise<Buffer> {
    const operation = METHODS[method];
    if (!operation) throw new ShadowRefusal(405, `${method} is not a method of a shadow`);
    const shadowName = query.get('name') ?? undefined;
    const key: ShadowKey = { thingName: decoded(encodedThing), ...(shadowName !== undefined && { shadowName }) };
    if (!authorize(ACTIONS[operation], policyResource(key))) throw new ShadowRefusal(403, 'Forbidden');
    return this.#api.perform(operation, key, payload);
  }

  #list(encodedThing: string, { method, query, authorize }: DeviceApiRequest): object {
    if (method !== 'GET') throw new ShadowRefusal(405, `${method} is not a method of a list of shadows`);
    const thingName = decoded(encodedThing);
    if (!authorize('iot:ListNamedShadowsForThing', thingName)) throw new ShadowRefusal(403, 'Forbidden');
    const pageSize = query.get('pageSize');
    return this.#api.list(thingName, {
      pageSize: pageSize === null ? undefined : Number(pageSize),
      nextToken: query.get('nextToken') ?? undefined,
    });
  }
}

function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new ShadowRefusal(400, 'Invalid thing name');
  }
}
