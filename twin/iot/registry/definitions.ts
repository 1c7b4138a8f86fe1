import type { RegistryContext } from './context.ts';
import type { TextConstraint } from './constraints.ts';
import { checkText } from './constraints.ts';
import type { IotResourceKind } from './arns.ts';
import { iotArn } from './arns.ts';
import { alreadyExists, notFound } from './failures.ts';
import type { Table } from './table.ts';

export interface Definition<T> {
  readonly name: string;
  readonly arn: string;
  readonly value: T;
  readonly createdAt: number;
  readonly lastModifiedAt: number;
}

/** What one kind of definition is called. */
export interface DefinitionKind {
  readonly collection: string;
  readonly arnKind: IotResourceKind;
  /** For messages, e.g. `Role alias`. */
  readonly title: string;
  /** Member of the API that carries the name. */
  readonly member: string;
  readonly constraint: TextConstraint;
}

/** Resources that are a name, an ARN and members that others read: role aliases, authorizers, domain configurations. */
export class Definitions<T extends object> {
  readonly #context: RegistryContext;
  readonly #kind: DefinitionKind;
  readonly table: Table<Definition<T>>;

  constructor(context: RegistryContext, kind: DefinitionKind) {
    this.#context = context;
    this.#kind = kind;
    this.table = context.tables.open<Definition<T>>(kind.collection);
  }

  /** @throws AwsError ResourceAlreadyExistsException */
  create(name: string, value: T): Definition<T> {
    checkText(name, this.#kind.member, this.#kind.constraint);
    const existing = this.table.get(name);
    if (existing) throw alreadyExists(`${this.#kind.title} ${name} already exists`, name, existing.arn);
    const now = this.#context.clock.now();
    const definition = { name, arn: this.arnOf(name), value, createdAt: now, lastModifiedAt: now };
    this.table.set(name, definition);
    return definition;
  }

  get(name: string): Definition<T> | undefined {
    return this.table.get(name);
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(name: string): Definition<T> {
    const definition = this.table.get(name);
    if (!definition) throw notFound(`${this.#kind.title} ${name} does not exist`);
    return definition;
  }

  /** Members that are `undefined` in the update stay as they are. */
  update(name: string, update: Partial<T>): Definition<T> {
    const before = this.describe(name);
    const set = Object.entries(update).filter(([, member]) => member !== undefined);
    return this.replace(name, { ...before.value, ...Object.fromEntries(set) });
  }

  replace(name: string, value: T): Definition<T> {
    const definition = { ...this.describe(name), value, lastModifiedAt: this.#context.clock.now() };
    this.table.set(name, definition);
    return definition;
  }

  delete(name: string): void {
    this.describe(name);
    this.table.delete(name);
  }

  arnOf(name: string): string {
    return iotArn(this.#context.account, this.#kind.arnKind, name);
  }
}
