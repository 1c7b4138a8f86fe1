import type { ReservedReply, ReservedRequester, ReservedTopics } from '../broker/ports.ts';
import type { Publication } from '../publication.ts';
import { refusalOf } from './refusal.ts';
import type { ShadowMessage, ShadowOperation, ShadowRequests } from './shadow-requests.ts';
import type { ShadowRequester } from './shadow-log.ts';
import type { ShadowKey } from './shadow-name.ts';

interface ShadowTopic {
  readonly key: ShadowKey;
  readonly operation: ShadowOperation;
}

/** Requests to shadows; every subscriber sees the answers, and so do rules (developer guide, "Device Shadow MQTT topics"). */
export class ShadowTopics implements ReservedTopics {
  readonly #requests: ShadowRequests;

  constructor(requests: ShadowRequests) {
    this.#requests = requests;
  }

  async handle(
    { topic, payload }: Pick<Publication, 'topic' | 'payload'>,
    { protocol, clientId, principal }: ReservedRequester,
  ): Promise<readonly ReservedReply[] | 'not reserved' | 'unsupported'> {
    const levels = topic.split('/');
    if (levels[0] !== '$aws' || levels[1] !== 'things' || levels[3] !== 'shadow') return 'not reserved';
    const request = parseLevels(levels);
    if (!request) return 'unsupported';
    const { operation, key } = request;
    const requester: ShadowRequester = {
      protocol: protocol === 'mqtt' ? 'MQTT' : 'HTTP',
      ...(clientId !== '' && { clientId }),
      ...(principal !== '' && { principalId: principal }),
    };
    return this.#answer(operation, key, payload, requester).map((message) => ({ ...message, to: 'subscribers' }));
  }

  #answer(
    operation: ShadowOperation,
    key: ShadowKey,
    payload: Uint8Array,
    requester: ShadowRequester,
  ): readonly ShadowMessage[] {
    try {
      return this.#requests.perform(operation, key, payload, requester).messages;
    } catch (error) {
      return [this.#requests.rejection(operation, key, refusalOf(error))];
    }
  }
}

/** `$aws/things/<thing>/shadow[/name/<shadow>]/<operation>`; the topics of answers are nobody's to publish to. */
function parseLevels(levels: readonly string[]): ShadowTopic | undefined {
  const [, , thingName, , ...rest] = levels;
  const named = rest[0] === 'name';
  const operation = rest[named ? 2 : 0];
  if (!thingName || rest.length !== (named ? 3 : 1) || !isOperation(operation)) return undefined;
  return { key: { thingName, ...(named && { shadowName: rest[1]! }) }, operation };
}

function isOperation(text: string | undefined): text is ShadowOperation {
  return text === 'get' || text === 'update' || text === 'delete';
}
