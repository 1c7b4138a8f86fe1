import type { Clock } from '../../clock.ts';
import type { Publish } from '../publication.ts';
import type { JsonObject } from './json.ts';
import { ShadowRefusal } from './refusal.ts';
import type { ShadowKey } from './shadow-name.ts';
import type { ShadowOperation, ShadowRequests } from './shadow-requests.ts';

export interface NamesPage {
  readonly pageSize?: number | undefined;
  readonly nextToken?: string | undefined;
}

const LARGEST_PAGE = 100;
const USUAL_PAGE = 25;

/**
 * The Device Shadow REST API, for devices and for signed requests alike. What changes a shadow is announced to
 * subscribers and rules as if it had come by MQTT; what is refused is told to the caller alone (developer guide,
 * "Device Shadow error messages").
 */
export class ShadowApi {
  readonly #requests: ShadowRequests;
  readonly #publish: Publish;
  readonly #clock: Clock;

  constructor(requests: ShadowRequests, publish: Publish, clock: Clock) {
    this.#requests = requests;
    this.#publish = publish;
    this.#clock = clock;
  }

  /** @returns the response state document. @throws ShadowRefusal */
  async perform(operation: ShadowOperation, key: ShadowKey, payload: Uint8Array = new Uint8Array()): Promise<Buffer> {
    const { document, messages } = this.#requests.perform(operation, key, payload);
    if (operation !== 'get') {
      const receivedAt = this.#clock.now();
      const announced = messages.map(({ topic, payload: bytes }) =>
        this.#publish({
          topic,
          payload: bytes,
          qos: 1,
          retain: false,
          source: { protocol: 'service' },
          receivedAt,
        }),
      );
      await Promise.all(announced);
    }
    return Buffer.from(JSON.stringify(document));
  }

  /** @throws ShadowRefusal 400 for a page size or token that cannot be */
  list(thingName: string, { pageSize = USUAL_PAGE, nextToken }: NamesPage): JsonObject {
    if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > LARGEST_PAGE)
      throw new ShadowRefusal(400, `pageSize must be between 1 and ${LARGEST_PAGE}`);
    const after = nextToken === undefined ? '' : nameInToken(nextToken);
    const names = this.#requests.namesOf(thingName).filter((name) => name > after);
    const results = names.slice(0, pageSize);
    return {
      results,
      ...(names.length > pageSize && { nextToken: Buffer.from(results.at(-1)!).toString('base64url') }),
      timestamp: Math.floor(this.#clock.now() / 1000),
    };
  }
}

/** The token is the last name of the page before, so that it stays true when shadows come and go. */
function nameInToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (name === '' || Buffer.from(name).toString('base64url') !== token)
    throw new ShadowRefusal(400, 'Invalid nextToken');
  return name;
}
