import type { IntrinsicFunction, Place } from './evaluation.ts';
import { elements, lookUpAttribute, lookUpName } from './functions-lookup.ts';
import { type SubstitutionPart, substitutionParts } from './substitution.ts';
import { isRecord } from './template.ts';

/** Intrinsic functions that make text and lists of other text and lists. */
export const TEXT_FUNCTIONS: Readonly<Record<string, IntrinsicFunction>> = {
  'Fn::Join'(argument, place) {
    const [delimiter, values] = elements(argument, 2, place, '[delimiter, list]');
    const separator = place.text(delimiter, '[0]');
    return place
      .list(values, '[1]')
      .map((value, index) => place.text(value, `[1][${index}]`))
      .join(separator);
  },

  'Fn::Split'(argument, place) {
    const [delimiter, source] = elements(argument, 2, place, '[delimiter, text]');
    const separator = place.text(delimiter, '[0]');
    if (separator === '') return place.fail('the delimiter is empty');
    return place.text(source, '[1]').split(separator);
  },

  'Fn::Select'(argument, place) {
    const [position, values] = elements(argument, 2, place, '[index, list]');
    const index = Number(place.text(position, '[0]'));
    const list = place.list(values, '[1]');
    if (!Number.isInteger(index) || index < 0 || index >= list.length) {
      return place.fail(`index ${index} is outside a list of ${list.length}`);
    }
    return list[index];
  },

  'Fn::Sub'(argument, place) {
    const [text, variables] =
      typeof argument === 'string' ? [argument, {}] : elements(argument, 2, place, 'text or [text, variables]');
    if (typeof text !== 'string' || !isRecord(variables)) return place.fail('takes text or [text, variables]');
    let parts: SubstitutionPart[];
    try {
      parts = substitutionParts(text);
    } catch (error) {
      return place.fail((error as Error).message);
    }
    return parts.map((part) => (part.kind === 'literal' ? part.text : substituted(part, variables, place))).join('');
  },

  'Fn::Base64': (argument, place) => Buffer.from(place.text(argument), 'utf8').toString('base64'),

  'Fn::Length': (argument, place) => place.list(argument).length,

  'Fn::ToJsonString'(argument, place) {
    const value = place.evaluate(argument);
    return typeof value === 'object' ? JSON.stringify(value) : place.fail('takes an object or a list');
  },
};

function substituted(
  part: Extract<SubstitutionPart, { kind: 'variable' }>,
  variables: Record<string, unknown>,
  place: Place,
): string {
  const value = Object.hasOwn(variables, part.name)
    ? place.evaluate(variables[part.name], `[1].${part.name}`)
    : part.attribute === undefined
      ? (lookUpName(part.name, place) ??
        place.fail(`\${${part.name}} names no parameter or resource; write \${!${part.name}} for the text itself`))
      : lookUpAttribute(part.logicalId, part.attribute, place);
  if (Array.isArray(value)) return place.fail(`\${${part.name}} is a list, not text`);
  return place.text(value);
}
