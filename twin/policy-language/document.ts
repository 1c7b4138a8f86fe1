import { parseConditionName, type Condition } from './condition.ts';
import { parseTemplate, wildcardPattern, type Template } from './template.ts';
import type { Pattern } from './wildcard.ts';

/** The JSON of a policy as AWS documents it (IAM User Guide, "Grammar of the IAM JSON policy language"). */
export interface PolicyDocument {
  readonly Version?: '2012-10-17' | '2008-10-17';
  readonly Id?: string;
  readonly Statement: PolicyDocumentStatement | readonly PolicyDocumentStatement[];
}

type OneOrMany<T> = T | readonly T[];

export interface PolicyDocumentStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, OneOrMany<string>>>;
  readonly NotPrincipal?: '*' | Readonly<Record<string, OneOrMany<string>>>;
  readonly Action?: OneOrMany<string>;
  readonly NotAction?: OneOrMany<string>;
  readonly Resource?: OneOrMany<string>;
  readonly NotResource?: OneOrMany<string>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany<string | number | boolean>>>>>;
}

export interface ActionPattern {
  readonly source: string;
  /** Of the lower-cased action: action names are case-insensitive. */
  readonly pattern: Pattern;
}

/** `Principal` or `NotPrincipal`, by kind (`AWS`, `Service`, `Federated`, `CanonicalUser`); `*` is `{ AWS: ['*'] }`. */
export interface PrincipalElement {
  readonly negated: boolean;
  readonly byKind: ReadonlyMap<string, readonly string[]>;
}

export interface Statement {
  /** Counted from 1, as people do. */
  readonly number: number;
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  readonly principal?: PrincipalElement;
  readonly actions: readonly ActionPattern[];
  readonly notAction: boolean;
  readonly resources: readonly Template[];
  readonly notResource: boolean;
  readonly conditions: readonly Condition[];
}

/** A parsed policy; immutable, so that many connections share one. */
export interface Policy {
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** A document that AWS would refuse. `where` is the path of the element, e.g. `Statement[1].Effect`. */
export class MalformedPolicy extends Error {
  readonly where: string;

  constructor(where: string, what: string) {
    super(where === '' ? `The policy ${what}.` : `${where} ${what}.`);
    this.name = 'MalformedPolicy';
    this.where = where;
  }
}

/** What differs between identity policies, trust policies and IoT policies. */
export interface DocumentRules {
  /** Identity and IoT policies have neither; trust policies need a principal and have no resource. */
  readonly kind: 'identity' | 'trust';
}

const POLICY_ELEMENTS = new Set(['Version', 'Id', 'Statement']);
const STATEMENT_ELEMENTS = new Set([
  'Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition',
]); // prettier-ignore
const ACTION = /^(\*|[A-Za-z0-9-]+:[A-Za-z0-9_*?.-]+)$/;

type Json = Readonly<Record<string, unknown>>;

function objectAt(value: unknown, where: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedPolicy(where, 'must be an object');
  return value as Json;
}

function refuseUnknown(object: Json, known: ReadonlySet<string>, where: string): void {
  for (const name of Object.keys(object)) {
    if (!known.has(name))
      throw new MalformedPolicy(where === '' ? name : `${where}.${name}`, 'is not an element of the policy language');
  }
}

function stringsAt(value: unknown, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new MalformedPolicy(where, 'must not be empty');
  list.forEach((item, index) => {
    if (typeof item !== 'string')
      throw new MalformedPolicy(Array.isArray(value) ? `${where}[${index}]` : where, 'must be a string');
  });
  return list as readonly string[];
}

/** Either the element or its `Not…` form, never both. */
function eitherOf(
  statement: Json,
  element: string,
  where: string,
): { negated: boolean; value: unknown; where: string } | undefined {
  const positive = statement[element];
  const negative = statement[`Not${element}`];
  if (positive !== undefined && negative !== undefined)
    throw new MalformedPolicy(where, `has both ${element} and Not${element}`);
  if (positive === undefined && negative === undefined) return undefined;
  const negated = positive === undefined;
  return { negated, value: negated ? negative : positive, where: `${where}.${negated ? 'Not' : ''}${element}` };
}

/** "AWS automatically completes the ARN by adding wildcard characters (*) to all missing fields." */
function completedArn(template: Template): Template {
  const literals = template.parts.map((part) => (part.kind === 'literal' ? part.text : '')).join('');
  const missing = 6 - literals.split(':', 6).length;
  const rest = Array.from({ length: missing }, () => [
    { kind: 'literal', text: ':' } as const,
    { kind: 'any-run' } as const,
  ]);
  return { source: template.source, parts: [...template.parts, ...rest.flat()] };
}

function resourceTemplate(resource: string, where: string, variables: boolean): Template {
  if (resource !== '*' && !/^arn:/i.test(resource))
    throw new MalformedPolicy(where, `"${resource}" must be an ARN or "*"`);
  const template = parseTemplate(resource, variables);
  return resource === '*' ? template : completedArn(template);
}

function conditionsAt(value: unknown, where: string, variables: boolean): Condition[] {
  return Object.entries(objectAt(value, where)).flatMap(([name, block]) => {
    const parsed = parseConditionName(name);
    if (!parsed) throw new MalformedPolicy(`${where}.${name}`, 'is not a condition operator');
    return Object.entries(objectAt(block, `${where}.${name}`)).map(([key, operand]) => {
      const at = `${where}.${name}.${key}`;
      const list: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
      const values = list.map((item) => {
        if (!['string', 'number', 'boolean'].includes(typeof item))
          throw new MalformedPolicy(at, 'must be a string, a number, a boolean, or a list of them');
        return parseTemplate(String(item), variables);
      });
      return { name, ...parsed, key, values };
    });
  });
}

function principalAt(statement: Json, where: string, rules: DocumentRules): PrincipalElement | undefined {
  const element = eitherOf(statement, 'Principal', where);
  if (rules.kind !== 'trust') {
    if (element) throw new MalformedPolicy(element.where, 'is not allowed in this kind of policy');
    return undefined;
  }
  if (!element) throw new MalformedPolicy(where, 'needs a Principal');
  if (element.value === '*') return { negated: element.negated, byKind: new Map([['AWS', ['*']]]) };
  const byKind = Object.entries(objectAt(element.value, element.where)).map(
    ([kind, ids]) => [kind, stringsAt(ids, `${element.where}.${kind}`)] as const,
  );
  return { negated: element.negated, byKind: new Map(byKind) };
}

function resourcesAt(statement: Json, where: string, rules: DocumentRules, variables: boolean) {
  const element = eitherOf(statement, 'Resource', where);
  if (rules.kind === 'trust') {
    if (element) throw new MalformedPolicy(element.where, 'is not allowed in this kind of policy');
    return { resources: [parseTemplate('*', false)], notResource: false };
  }
  if (!element) throw new MalformedPolicy(where, 'needs a Resource or a NotResource');
  const resources = stringsAt(element.value, element.where).map((resource) =>
    resourceTemplate(resource, element.where, variables),
  );
  return { resources, notResource: element.negated };
}

function actionsAt(statement: Json, where: string) {
  const element = eitherOf(statement, 'Action', where);
  if (!element) throw new MalformedPolicy(where, 'needs an Action or a NotAction');
  const actions = stringsAt(element.value, element.where).map((source) => {
    if (!ACTION.test(source)) throw new MalformedPolicy(element.where, `"${source}" must be "*" or "service:action"`);
    return { source, pattern: wildcardPattern(source.toLowerCase()) };
  });
  return { actions, notAction: element.negated };
}

function statementAt(
  value: unknown,
  where: string,
  number: number,
  rules: DocumentRules,
  variables: boolean,
): Statement {
  const statement = objectAt(value, where);
  refuseUnknown(statement, STATEMENT_ELEMENTS, where);
  const { Sid: sid, Effect: effect, Condition: condition } = statement;
  if (sid !== undefined && typeof sid !== 'string') throw new MalformedPolicy(`${where}.Sid`, 'must be a string');
  if (effect !== 'Allow' && effect !== 'Deny')
    throw new MalformedPolicy(`${where}.Effect`, 'must be "Allow" or "Deny"');
  const principal = principalAt(statement, where, rules);
  return {
    number,
    ...(sid !== undefined && { sid }),
    effect,
    ...(principal && { principal }),
    ...actionsAt(statement, where),
    ...resourcesAt(statement, where, rules, variables),
    conditions: condition === undefined ? [] : conditionsAt(condition, `${where}.Condition`, variables),
  };
}

function jsonOf(document: unknown): unknown {
  if (typeof document !== 'string') return document;
  try {
    return JSON.parse(document);
  } catch (error) {
    throw new MalformedPolicy('', `is not JSON: ${(error as Error).message}`);
  }
}

/**
 * Reads a policy document.
 *
 * @param document JSON text, or what `JSON.parse` made of it
 * @param name how explanations call the policy
 * @throws MalformedPolicy naming the element at fault
 */
export function parsePolicy(document: unknown, name: string, rules: DocumentRules): Policy {
  const policy = objectAt(jsonOf(document), '');
  refuseUnknown(policy, POLICY_ELEMENTS, '');
  const { Version: version, Statement: statement } = policy;
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw new MalformedPolicy('Version', 'must be "2012-10-17" or "2008-10-17"');
  }
  if (statement === undefined) throw new MalformedPolicy('', 'has no Statement');
  const list: readonly unknown[] = Array.isArray(statement) ? statement : [statement];
  if (list.length === 0) throw new MalformedPolicy('Statement', 'must not be empty');
  // Variables came with 2012-10-17; a document without Version is one of 2008-10-17.
  const variables = version === '2012-10-17';
  const at = (index: number): string => (Array.isArray(statement) ? `Statement[${index}]` : 'Statement');
  return { name, statements: list.map((item, index) => statementAt(item, at(index), index + 1, rules, variables)) };
}

/** Characters of a document as AWS's size limits count them: white space is free. */
export function countedCharacters(document: unknown): number {
  return (typeof document === 'string' ? document : JSON.stringify(document)).replace(/\s/g, '').length;
}
