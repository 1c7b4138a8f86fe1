import type { Account } from '../../../account.ts';
import type { Clock } from '../../../clock.ts';
import { AwsError } from '../../../endpoint/service.ts';
import type { CompiledTemplate, Externals, Output, SqlVersion, Variables } from '../../sql/index.ts';
import { compileTemplate } from '../../sql/index.ts';
import type { IngestedMessage } from '../ingested-message.ts';
import type { RulesPorts } from '../ports.ts';

/** One message for one action. */
export interface ActionInvocation {
  readonly message: IngestedMessage;
  /** What the statement selected; for an error action, the error message. */
  readonly output: Output;
  readonly variables: Variables;
  readonly externals: Externals;
}

export interface RuleAction {
  /** As error messages and logs name it, e.g. `KafkaAction`. */
  readonly name: string;
  /** What it acts upon, as error messages name it. */
  readonly resource: string;
  /** @throws or rejects with what made the delivery fail */
  run(invocation: ActionInvocation): void | Promise<void>;
  /** Its run is not waited for before a message is acknowledged. */
  readonly isDetached?: boolean;
}

/** What an action may use when it is compiled. */
export interface ActionContext {
  readonly ruleName: string;
  readonly ruleArn: string;
  readonly account: Account;
  readonly clock: Clock;
  readonly ports: RulesPorts;
  readonly sqlVersion: SqlVersion;
  readonly services: SharedServices;
}

/** What actions of all rules have in common. */
export interface SharedServices {
  /** @throws AwsError InvalidRequestException when the destination does not exist or is not ENABLED */
  requireDestination(arn: string): void;
  readonly kafkaPorts: { readonly from: number; readonly to: number };
  readonly producers: ProducerPool;
}

export interface ProducerPool {
  send(connection: KafkaConnectionProperties, record: KafkaRecord): Promise<void>;
}

/** A rule's `clientProperties` with its secrets in place. */
export type KafkaConnectionProperties = Readonly<Record<string, string>>;

export interface KafkaRecord {
  readonly topic: string;
  readonly key?: string;
  readonly partition?: number;
  readonly value: Buffer;
  readonly headers: readonly { readonly key: string; readonly value: string }[];
}

/** @throws AwsError InvalidRequestException, or an SqlSyntaxError of one of its templates */
export type ActionFactory = (definition: Readonly<Record<string, unknown>>, context: ActionContext) => RuleAction;

/** Reads the members of an action's definition, and refuses what the API would refuse. */
export class DefinitionReader {
  readonly #kind: string;
  readonly #definition: Readonly<Record<string, unknown>>;
  readonly #version: SqlVersion;

  constructor(kind: string, definition: Readonly<Record<string, unknown>>, version: SqlVersion) {
    this.#kind = kind;
    this.#definition = definition;
    this.#version = version;
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined || value === '') throw invalid(`The ${this.#kind} action needs ${name}.`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#definition[name];
    return value === undefined || value === null ? undefined : String(value);
  }

  flag(name: string): boolean {
    return this.#definition[name] === true || this.#definition[name] === 'true';
  }

  template(name: string): CompiledTemplate {
    return compileTemplate(this.text(name), this.#version);
  }

  optionalTemplate(name: string): CompiledTemplate | undefined {
    const text = this.optionalText(name);
    return text === undefined ? undefined : compileTemplate(text, this.#version);
  }
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidRequestException', message, 400);
}

/** The port that an action needs; its absence is a missing part of the twin, told when the rule is made. */
export function required<T>(port: T | undefined, kind: string): T {
  if (port === undefined)
    throw invalid(`The twin does not run the ${kind} action: the service behind it is not part of it.`);
  return port;
}

/** Text of a template, without a promise unless it calls an external function. */
export function evaluate(
  template: CompiledTemplate,
  { message, variables, externals }: ActionInvocation,
): string | Promise<string> {
  return template.constant ?? template.evaluate(message, variables, externals);
}

/** Texts of several templates. */
export function evaluateAll(
  templates: readonly CompiledTemplate[],
  invocation: ActionInvocation,
): string[] | Promise<string[]> {
  const texts: (string | Promise<string>)[] = [];
  let waits = false;
  for (const template of templates) {
    const text = evaluate(template, invocation);
    waits ||= typeof text !== 'string';
    texts.push(text);
  }
  return waits ? Promise.all(texts) : (texts as string[]);
}
