import { unresolvable } from './evaluation.ts';
import { isRecord, type Template } from './template.ts';

const LOOP = 'Fn::ForEach::';

type EvaluateCollection = (collection: unknown, path: string) => unknown;

/**
 * Unrolls `Fn::ForEach` (AWS::LanguageExtensions) wherever it stands. `${X}` and `&{X}` in keys and values become the
 * element; the latter without its characters other than letters and digits.
 *
 * @param evaluateCollection value of a collection that is not spelled out, e.g. a reference to a list parameter
 * @throws IovError IOV_ASSEMBLY_BROKEN for a malformed loop
 */
export function expandForEach(template: Template, evaluateCollection: EvaluateCollection, stackName: string): Template {
  if (!JSON.stringify(template).includes(LOOP)) return template;
  return unroll(template, evaluateCollection, stackName, '') as Template;
}

function unroll(value: unknown, evaluateCollection: EvaluateCollection, stackName: string, path: string): unknown {
  if (Array.isArray(value))
    return value.map((element, index) => unroll(element, evaluateCollection, stackName, `${path}[${index}]`));
  if (!isRecord(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const below = path ? `${path}.${key}` : key;
    if (!key.startsWith(LOOP)) {
      result[key] = unroll(member, evaluateCollection, stackName, below);
      continue;
    }
    const [identifier, collection, body] = (Array.isArray(member) ? member : []) as unknown[];
    if (typeof identifier !== 'string' || !isRecord(body))
      throw unresolvable(stackName, below, 'Fn::ForEach takes [identifier, collection, {key: value}]');
    const elements = evaluateCollection(collection, `${below}[1]`);
    if (!Array.isArray(elements)) throw unresolvable(stackName, below, 'the collection of Fn::ForEach is not a list');
    for (const element of elements) {
      Object.assign(
        result,
        unroll(substitute(body, identifier, String(element)), evaluateCollection, stackName, below),
      );
    }
  }
  return result;
}

function substitute(value: unknown, identifier: string, element: string): unknown {
  const inText = (text: string): string =>
    text
      .replaceAll(`\${${identifier}}`, element)
      .replaceAll(`&{${identifier}}`, element.replaceAll(/[^A-Za-z0-9]/g, ''));
  if (typeof value === 'string') return inText(value);
  if (Array.isArray(value)) return value.map((member) => substitute(member, identifier, element));
  if (!isRecord(value)) return value;
  if (Object.keys(value).length === 1 && value['Ref'] === identifier) return element;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [inText(key), substitute(member, identifier, element)]),
  );
}
