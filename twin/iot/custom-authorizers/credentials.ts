import type { ConnectRequest } from '../broker/ports.ts';

const AUTHORIZER_NAME = 'x-amz-customauthorizer-name';
const SIGNATURE = 'x-amz-customauthorizer-signature';

/**
 * The parameters that a client passes to custom authentication: in the query string of its MQTT user name, in the HTTP
 * query string, or in HTTP headers (developer guide, "Connecting to AWS IoT Core by using custom authentication"). What
 * the CONNECT packet says comes first, headers last.
 */
export class PassedCredentials {
  readonly #queries: readonly (readonly (readonly [name: string, value: string])[])[];
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ username, http }: Pick<ConnectRequest, 'username' | 'http'>) {
    const question = username?.indexOf('?') ?? -1;
    this.#queries = [
      ...(question >= 0 ? [parameters(username!.slice(question + 1))] : []),
      ...(http ? [parameters(http.queryString)] : []),
    ];
    this.#headers = http?.headers ?? {};
  }

  get authorizerName(): string | undefined {
    return this.get(AUTHORIZER_NAME);
  }

  /** Base64. */
  get tokenSignature(): string | undefined {
    return this.get(SIGNATURE);
  }

  /** The first value of this name; as in HTTP headers, its case does not matter. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    for (const query of this.#queries) {
      const found = query.find(([key]) => key.toLowerCase() === wanted);
      if (found) return found[1];
    }
    return Object.hasOwn(this.#headers, wanted) ? this.#headers[wanted] : undefined;
  }
}

function parameters(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
    });
}

/** A plus sign stays one: clients that are no browsers send base64 signatures as they are. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
