import { isFunctionCall } from './template.ts';
import type { ProvisioningTemplateBody } from './template.ts';

/** A template whose functions cannot be evaluated with these parameters. */
export class UnresolvedTemplate extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnresolvedTemplate';
  }
}

export interface Scope {
  /** By name; made without a prototype, so that a parameter may have any name. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly mappings: ProvisioningTemplateBody['mappings'];
}

type IntrinsicFunction = (argument: unknown, scope: Scope) => unknown;

const FUNCTIONS: Readonly<Record<string, IntrinsicFunction>> = {
  Ref: (name, scope) => parameter(text(name, 'Ref'), scope),
  'Fn::Join': (argument, scope) => {
    const [delimiter, items] = pair(argument, 'Fn::Join');
    const list = resolve(items, scope);
    if (!Array.isArray(list)) throw new UnresolvedTemplate('Fn::Join needs a list of values');
    return list.map((item) => text(item, 'Fn::Join')).join(text(delimiter, 'Fn::Join'));
  },
  'Fn::Select': (argument, scope) => {
    const [position, items] = pair(argument, 'Fn::Select');
    const list = resolve(items, scope);
    const index = Number(resolve(position, scope));
    if (!Array.isArray(list) || !Number.isInteger(index))
      throw new UnresolvedTemplate('Fn::Select needs an index and a list');
    const item: unknown = list[index];
    if (item === undefined || item === null)
      throw new UnresolvedTemplate(`Fn::Select finds no value at index ${index}`);
    return item;
  },
  'Fn::Split': (argument, scope) => {
    const [delimiter, source] = pair(argument, 'Fn::Split');
    const separator = text(delimiter, 'Fn::Split');
    if (separator === '') throw new UnresolvedTemplate('Fn::Split needs a delimiter');
    return text(resolve(source, scope), 'Fn::Split').split(separator);
  },
  'Fn::FindInMap': (argument, scope) => {
    if (!Array.isArray(argument) || argument.length !== 3)
      throw new UnresolvedTemplate('Fn::FindInMap needs a map and two keys');
    let found: unknown = scope.mappings;
    for (const key of argument.map((item) => text(resolve(item, scope), 'Fn::FindInMap'))) {
      const level = found as Readonly<Record<string, unknown>>;
      if (typeof level !== 'object' || level === null || !Object.hasOwn(level, key)) {
        throw new UnresolvedTemplate(`Fn::FindInMap finds no ${key} in Mappings`);
      }
      found = level[key];
    }
    return found;
  },
  'Fn::Sub': (argument, scope) => {
    const [template, own] = Array.isArray(argument) ? (argument as [unknown, unknown]) : [argument, {}];
    const variables = resolve(own ?? {}, scope) as Readonly<Record<string, unknown>>;
    return substitute(text(template, 'Fn::Sub'), (name) =>
      Object.hasOwn(variables, name) ? text(variables[name], 'Fn::Sub') : parameter(name, scope),
    );
  },
};

/**
 * The value with every function in it evaluated (developer guide, "Provisioning templates", intrinsic functions).
 *
 * @throws UnresolvedTemplate when a parameter is missing or a function's arguments do not fit
 */
export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  if (isFunctionCall(value)) {
    const name = Object.keys(value)[0]!;
    const evaluate = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!evaluate) throw new UnresolvedTemplate(`The function ${name} is not supported in provisioning templates`);
    return evaluate(value[name], scope);
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolve(member, scope)]));
}

/** `${name}` becomes the variable's value, `${!name}` the text `${name}`. */
function substitute(template: string, lookup: (name: string) => string): string {
  return template.replace(/\$\{([^}]*)\}/g, (_, name: string) =>
    name.startsWith('!') ? `\${${name.slice(1)}}` : lookup(name.trim()),
  );
}

function parameter(name: string, scope: Scope): string {
  const value = scope.parameters.get(name);
  if (value === undefined) throw new UnresolvedTemplate(`The template refers to ${name}, which has no value`);
  return value;
}

function pair(argument: unknown, name: string): [unknown, unknown] {
  if (!Array.isArray(argument) || argument.length !== 2) throw new UnresolvedTemplate(`${name} needs two arguments`);
  return [argument[0], argument[1]];
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new UnresolvedTemplate(`${name} needs text`);
}
