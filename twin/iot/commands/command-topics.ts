import type { ReservedReply, ReservedTopics } from '../broker/ports.ts';
import { decodePayload, encodePayload, type PayloadFormat } from '../provisioning/payload.ts';
import { ProvisioningRefusal } from '../provisioning/refusal.ts';
import type { Publication } from '../publication.ts';
import { iotArn } from '../registry/arns.ts';
import type { Registry } from '../registry/registry.ts';
import type { Executions } from './executions.ts';
import { statusUpdateOf, UpdateRefusal } from './status.ts';

const RESPONSE = /^\$aws\/commands\/(things|clients)\/([^/]+)\/executions\/([^/]+)\/response(?:\/(json|cbor))?$/;
const COMMANDS = '$aws/commands/';

/**
 * UpdateCommandExecution: a device reports on `…/response/<format>` and alone is answered, on `…/response/accepted/…` or
 * `…/response/rejected/…` (developer guide, "Commands topics").
 */
export class CommandTopics implements ReservedTopics {
  readonly #registry: Registry;
  readonly #executions: Executions;
  readonly #report: (line: string) => void;

  constructor(registry: Registry, executions: Executions, report: (line: string) => void) {
    this.#registry = registry;
    this.#executions = executions;
    this.#report = report;
  }

  async handle({ topic, payload }: Publication): Promise<readonly ReservedReply[] | 'not reserved' | 'unsupported'> {
    if (!topic.startsWith(COMMANDS)) return 'not reserved';
    const [, devices, name, executionId, suffix] = RESPONSE.exec(topic) ?? [];
    if (name === undefined || executionId === undefined) return 'unsupported';
    const targetArn = iotArn(this.#registry.account, devices === 'things' ? 'thing' : 'client', name);
    const format = (suffix ?? 'json') as PayloadFormat;
    let outcome = 'accepted';
    let answer: Record<string, unknown> = { executionId };
    try {
      const request = await decodePayload(format, payload);
      if (typeof request['clientToken'] === 'string') answer = { clientToken: request['clientToken'], executionId };
      await this.#executions.update(executionId, targetArn, statusUpdateOf(request));
    } catch (error) {
      outcome = 'rejected';
      answer = { ...answer, ...this.#refusal(topic, error) };
    }
    const answered = topic.replace(/\/response(?:\/\w+)?$/, `/response/${outcome}${suffix ? `/${suffix}` : ''}`);
    return [{ topic: answered, payload: await encodePayload(format, answer), to: 'requester' }];
  }

  #refusal(topic: string, error: unknown): { error: string; errorMessage: string } {
    if (error instanceof UpdateRefusal) return { error: error.code, errorMessage: error.message };
    if (error instanceof ProvisioningRefusal) return { error: 'InvalidRequest', errorMessage: error.message };
    this.#report(`The command response on ${topic} failed: ${(error as Error).stack ?? String(error)}`);
    return { error: 'InternalError', errorMessage: 'An internal error occurred.' };
  }
}
