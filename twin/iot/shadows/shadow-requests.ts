import type { JsonObject } from './json.ts';
import { refusalOf, ShadowRefusal } from './refusal.ts';
import { clientTokenIn, clientTokenOf, readDocument, readUpdate } from './request-document.ts';
import type { ShadowRequestRates } from './request-rates.ts';
import { logRequest, type ShadowLog, type ShadowRequester } from './shadow-log.ts';
import { checkShadowKey, policyResource, topicPrefix, type ShadowKey } from './shadow-name.ts';
import type { Shadows } from './shadows.ts';

export type ShadowOperation = 'get' | 'update' | 'delete';

export interface ShadowMessage {
  readonly topic: string;
  readonly payload: Buffer;
}

export interface ShadowAnswer {
  /** The response state document. */
  readonly document: JsonObject;
  /** What subscribers are told, the response itself first. */
  readonly messages: readonly ShadowMessage[];
}

/** The three methods of the Device Shadow service, whichever way a request came. */
export class ShadowRequests {
  readonly #shadows: Shadows;
  readonly #rates: ShadowRequestRates;
  readonly #log: ShadowLog | undefined;

  constructor(shadows: Shadows, rates: ShadowRequestRates, log?: ShadowLog) {
    this.#shadows = shadows;
    this.#rates = rates;
    this.#log = log;
  }

  /** @throws ShadowRefusal with the request's client token */
  perform(
    operation: ShadowOperation,
    key: ShadowKey,
    payload: Uint8Array,
    requester: ShadowRequester = { protocol: 'HTTP' },
  ): ShadowAnswer {
    try {
      const answer = this.#perform(operation, key, payload);
      if (this.#log) logRequest(this.#log, requester, { operation, key });
      return answer;
    } catch (error) {
      if (this.#log) logRequest(this.#log, requester, { operation, key }, refusalOf(error));
      throw error;
    }
  }

  #perform(operation: ShadowOperation, key: ShadowKey, payload: Uint8Array): ShadowAnswer {
    let clientToken: string | undefined;
    try {
      checkShadowKey(key);
      if (!this.#rates.take(policyResource(key))) throw new ShadowRefusal(429, 'Too Many Requests');
      const request = operation === 'update' ? readDocument(payload) : undefined;
      clientToken = request ? clientTokenOf(request) : clientTokenIn(payload);
      const topic = `${topicPrefix(key)}/${operation}`;
      const answered = (document: JsonObject): JsonObject =>
        clientToken === undefined ? document : { ...document, clientToken };
      if (!request) {
        const document = answered(operation === 'get' ? this.#shadows.get(key) : this.#shadows.delete(key));
        return { document, messages: [messageOf(`${topic}/accepted`, document)] };
      }
      const { accepted, delta, documents } = this.#shadows.update(key, readUpdate(request));
      const document = answered(accepted);
      const messages = [messageOf(`${topic}/accepted`, document)];
      if (delta) messages.push(messageOf(`${topic}/delta`, answered(delta)));
      messages.push(messageOf(`${topic}/documents`, answered(documents)));
      return { document, messages };
    } catch (error) {
      throw refusalOf(error).withClientToken(clientToken);
    }
  }

  /** The message that a refused request is answered with over MQTT. */
  rejection(operation: ShadowOperation, key: ShadowKey, refusal: ShadowRefusal): ShadowMessage {
    return messageOf(`${topicPrefix(key)}/${operation}/rejected`, refusal.document);
  }

  /** @throws ShadowRefusal 400, 429 */
  namesOf(thingName: string): string[] {
    checkShadowKey({ thingName });
    if (!this.#rates.take(thingName)) throw new ShadowRefusal(429, 'Too Many Requests');
    return this.#shadows.namesOf(thingName);
  }
}

function messageOf(topic: string, document: object): ShadowMessage {
  return { topic, payload: Buffer.from(JSON.stringify(document)) };
}
