import type { CompiledTemplate } from '../../sql/index.ts';
import type { ActionInvocation, KafkaConnectionProperties } from './action.ts';
import { ProbedMessage } from './probed-message.ts';

/** How long values that do not depend on the message are used before they are asked for again. */
const KEPT_MS = 1000;

/**
 * A rule's client properties with their templates filled in. Secrets hardly change and the properties of nearly every rule are
 * the same for every message, so they are evaluated once a second and not once a message.
 */
export class KafkaConnectionTemplates {
  readonly #names: readonly string[];
  readonly #templates: readonly CompiledTemplate[];
  #latest: KafkaConnectionProperties | undefined;
  #keptUntil = 0;

  constructor(templates: Readonly<Record<string, CompiledTemplate>>) {
    this.#names = Object.keys(templates);
    this.#templates = Object.values(templates);
  }

  /** Gives the same object for the same values, so that the pool finds its producer by identity. */
  evaluate(
    { message, variables, externals }: ActionInvocation,
    now: number,
  ): KafkaConnectionProperties | Promise<KafkaConnectionProperties> {
    if (this.#latest && now < this.#keptUntil) return this.#latest;
    const probe = new ProbedMessage(message);
    const texts = this.#templates.map(
      (template) => template.constant ?? template.evaluate(probe, variables, externals),
    );
    const keep = (values: readonly string[]): KafkaConnectionProperties => {
      const usesVariables = Object.keys(variables).length > 0;
      this.#keptUntil = probe.wasRead || usesVariables ? 0 : now + KEPT_MS;
      return this.#adopt(values);
    };
    return texts.some((text) => text instanceof Promise) ? Promise.all(texts).then(keep) : keep(texts as string[]);
  }

  #adopt(values: readonly string[]): KafkaConnectionProperties {
    const latest = this.#latest;
    if (!latest || this.#names.some((name, index) => latest[name] !== values[index])) {
      this.#latest = Object.fromEntries(this.#names.map((name, index) => [name, values[index]!]));
    }
    return this.#latest!;
  }
}
