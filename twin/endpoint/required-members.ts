import type { Shape } from './shape.ts';

/**
 * Paths of the model's required members that an input lacks, as AWS names them in a validation message
 * (`thingName`, `actions.1.member.kafka.topic`).
 */
export function missingMembers(shape: Shape, value: unknown, path = ''): string[] {
  if (value === undefined || value === null) return [];
  switch (shape.kind) {
    case 'structure':
    case 'union': {
      const source = value as Record<string, unknown>;
      const missing = shape.required.filter((name) => source[name] === undefined).map((name) => join(path, name));
      for (const [name, member] of shape.members) {
        if (source[name] !== undefined) missing.push(...missingMembers(member, source[name], join(path, name)));
      }
      return missing;
    }
    case 'list':
      return (value as unknown[]).flatMap((element, index) =>
        missingMembers(shape.element, element, `${path}.${index + 1}.member`),
      );
    case 'map':
      return Object.entries(value as object).flatMap(([key, element]) =>
        missingMembers(shape.element, element, `${path}.${key}.member`),
      );
    default:
      return [];
  }
}

/** AWS's own wording for missing members. */
export function missingMembersMessage(paths: readonly string[]): string {
  const details = paths.map((path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`);
  return `${paths.length} validation error${paths.length === 1 ? '' : 's'} detected: ${details.join('; ')}`;
}

function join(path: string, name: string): string {
  const camelCase = name.charAt(0).toLowerCase() + name.slice(1);
  return path === '' ? camelCase : `${path}.${camelCase}`;
}
