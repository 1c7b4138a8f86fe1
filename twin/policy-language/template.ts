import type { RequestContext } from './context.ts';
import { Pattern, type PatternPart } from './wildcard.ts';

/** A `${key}` or `${key, 'default'}` of a policy. */
export interface PolicyVariable {
  readonly kind: 'variable';
  readonly key: string;
  readonly fallback?: string;
}

export type TemplatePart = PatternPart | PolicyVariable;

/** A string of a policy, taken apart once when the policy is parsed. */
export interface Template {
  readonly source: string;
  readonly parts: readonly TemplatePart[];
}

/** A template whose variables have values, or the first variable that has none. */
export type ResolvedTemplate =
  | { readonly parts: readonly PatternPart[]; readonly unresolved?: undefined }
  | { readonly parts?: undefined; readonly unresolved: string };

function variableOf(inner: string): PolicyVariable | undefined {
  const fallback = /,\s*'([^']*)'\s*$/.exec(inner);
  const key = (fallback ? inner.slice(0, fallback.index) : inner).trim();
  return key === '' ? undefined : { kind: 'variable', key, ...(fallback && { fallback: fallback[1]! }) };
}

function literalOrWildcards(text: string, into: TemplatePart[]): void {
  for (const piece of text.split(/([*?])/)) {
    if (piece === '*') into.push({ kind: 'any-run' });
    else if (piece === '?') into.push({ kind: 'any-character' });
    else if (piece !== '') into.push({ kind: 'literal', text: piece });
  }
}

/** `${*}`, `${?}` and `${$}` are the characters themselves; the IoT guide spells them `$(*)`, so both are read. */
const SPECIAL = /^\$(?:\{([*?$])\}|\(([*?$])\))/;

/**
 * Takes a policy string apart (IAM User Guide, "Policy elements: Variables and tags").
 *
 * @param variables false for documents of version 2008-10-17, in which `${…}` is plain text
 */
export function parseTemplate(source: string, variables: boolean): Template {
  const parts: TemplatePart[] = [];
  if (!variables) {
    literalOrWildcards(source, parts);
    return { source, parts };
  }
  // Beyond the last brace nothing closes a variable; looking for one again and again would take quadratic time.
  const lastClose = source.lastIndexOf('}');
  let from = 0;
  for (let at = source.indexOf('$'); at >= 0; at = source.indexOf('$', Math.max(at + 1, from))) {
    const special = SPECIAL.exec(source.slice(at, at + 4));
    const close = at < lastClose && source.startsWith('${', at) ? source.indexOf('}', at) : -1;
    const variable = special || close < 0 ? undefined : variableOf(source.slice(at + 2, close));
    if (!special && !variable) continue;
    literalOrWildcards(source.slice(from, at), parts);
    parts.push(variable ?? { kind: 'literal', text: special![1] ?? special![2]! });
    from = special ? at + special[0].length : close + 1;
  }
  literalOrWildcards(source.slice(from), parts);
  return { source, parts };
}

/** Puts values in place of variables. A key with several values cannot be a variable, so it counts as without value. */
export function resolveTemplate(template: Template, context: RequestContext): ResolvedTemplate {
  const parts: PatternPart[] = [];
  for (const part of template.parts) {
    if (part.kind !== 'variable') {
      parts.push(part);
      continue;
    }
    const values = context.values(part.key);
    const value = values?.length === 1 ? values[0] : part.fallback;
    if (value === undefined) return { unresolved: part.key };
    parts.push({ kind: 'literal', text: value });
  }
  return { parts };
}

/** The text of a resolved template for operators that know no wildcards. */
export function plainText(parts: readonly PatternPart[]): string {
  return parts.map((part) => (part.kind === 'literal' ? part.text : part.kind === 'any-run' ? '*' : '?')).join('');
}

/** A pattern of text without variables, e.g. an action. */
export function wildcardPattern(source: string): Pattern {
  return new Pattern(parseTemplate(source, false).parts as readonly PatternPart[]);
}
