import { intrinsicName } from './evaluation.ts';
import { substitutionParts } from './substitution.ts';
import { isRecord, type ResourceDefinition } from './template.ts';

/**
 * Logical ids that a resource refers to: by `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`. Of an `Fn::If` only the
 * branch that is taken counts, as the other is never evaluated.
 *
 * @param condition value of a condition by name
 */
export function referencesOf(
  resource: ResourceDefinition,
  condition: (name: string) => boolean | undefined,
): Set<string> {
  const found = new Set<string>(
    typeof resource.DependsOn === 'string' ? [resource.DependsOn] : (resource.DependsOn ?? []),
  );
  collect(resource.Properties, condition, found);
  return found;
}

function collect(value: unknown, condition: (name: string) => boolean | undefined, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const element of value) collect(element, condition, found);
    return;
  }
  if (!isRecord(value)) return;
  const name = intrinsicName(value);
  const argument = name && value[name];
  if (name === 'Ref') {
    if (typeof argument === 'string') found.add(argument);
  } else if (name === 'Fn::GetAtt') {
    const logicalId: unknown =
      typeof argument === 'string' ? argument.split('.')[0] : Array.isArray(argument) ? argument[0] : undefined;
    if (typeof logicalId === 'string') found.add(logicalId);
    if (Array.isArray(argument)) collect(argument.slice(1), condition, found);
  } else if (name === 'Fn::If' && Array.isArray(argument) && typeof argument[0] === 'string') {
    collect(condition(argument[0]) ? argument[1] : argument[2], condition, found);
  } else if (name === 'Fn::Sub') {
    const [text, variables]: unknown[] = Array.isArray(argument) ? argument : [argument, {}];
    if (typeof text === 'string') collectSubstitutions(text, isRecord(variables) ? variables : {}, found);
    collect(variables, condition, found);
  } else {
    for (const member of Object.values(value)) collect(member, condition, found);
  }
}

function collectSubstitutions(text: string, variables: Record<string, unknown>, found: Set<string>): void {
  try {
    for (const part of substitutionParts(text)) {
      if (part.kind === 'variable' && !Object.hasOwn(variables, part.name)) found.add(part.logicalId);
    }
  } catch {
    // Evaluation reports a malformed text with its path; here it only has no references.
  }
}
