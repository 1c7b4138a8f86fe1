import { SerializationError } from './json-codec.ts';
import type { Shape } from './shape.ts';
import { parseTimestamp } from './timestamp.ts';

/** The fields of a form, as a tree: `Tags.member.1.Key=x` becomes Tags → member → 1 → Key. */
interface FormNode {
  value?: string;
  readonly children: Map<string, FormNode>;
}

const DEEPEST = 32;

/**
 * Reads the form body of the query protocol into an operation's input
 * (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html).
 *
 * @throws SerializationError when a value has another type than the model's
 */
export function readForm(shape: Shape, form: URLSearchParams): Record<string, unknown> {
  const root: FormNode = { children: new Map() };
  for (const [name, value] of form) {
    const path = name.split('.');
    if (path.length > DEEPEST) throw new SerializationError(`The parameter ${name.slice(0, 80)}… is nested too deep.`);
    let node = root;
    for (const part of path) {
      let child = node.children.get(part);
      if (!child) node.children.set(part, (child = { children: new Map() }));
      node = child;
    }
    node.value = value;
  }
  return readStructure(shape, root);
}

function readStructure(shape: Shape, node: FormNode): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of shape.members) {
    const flattened = member.traits['xmlFlattened'] !== undefined;
    const wireName = String(member.traits['xmlName'] ?? name);
    // Clients differ in whether a flattened list goes by its own name or by its elements'.
    const child = node.children.get(wireName) ?? node.children.get(name);
    if (child) result[name] = readNode(member, child, flattened, name);
  }
  return result;
}

function readNode(shape: Shape, node: FormNode, flattened: boolean, path: string): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return readStructure(shape, node);
    case 'list': {
      const holder = flattened
        ? node
        : (node.children.get(String(shape.element.traits['xmlName'] ?? 'member')) ?? node);
      return numbered(holder).map((element) => readNode(shape.element, element, false, path));
    }
    case 'map': {
      const holder = flattened ? node : (node.children.get('entry') ?? node);
      const keyName = String(shape.keyTraits['xmlName'] ?? 'key');
      const valueName = String(shape.element.traits['xmlName'] ?? 'value');
      return Object.fromEntries(
        numbered(holder).flatMap((entry) => {
          const key = entry.children.get(keyName)?.value;
          const value = entry.children.get(valueName);
          return key === undefined || !value ? [] : [[key, readNode(shape.element, value, false, path)]];
        }),
      );
    }
    default:
      return readScalarText(shape, node.value ?? '', path);
  }
}

function numbered(node: FormNode): FormNode[] {
  return [...node.children]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}

/**
 * A scalar that travels as text: in a form, a query, a header or a label.
 *
 * @throws SerializationError when the text is not of the type
 */
export function readScalarText(shape: Shape, text: string, path: string): unknown {
  switch (shape.kind) {
    case 'boolean':
      if (text !== 'true' && text !== 'false')
        throw new SerializationError(`The value at '${path}' must be true or false.`);
      return text === 'true';
    case 'number': {
      const number = Number(text);
      if (text.trim() === '' || Number.isNaN(number))
        throw new SerializationError(`The value at '${path}' must be a number.`);
      return number;
    }
    case 'timestamp': {
      const date = parseTimestamp(text);
      if (!date) throw new SerializationError(`The value at '${path}' must be a timestamp.`);
      return date;
    }
    case 'blob':
      return Buffer.from(text, 'base64');
    default:
      return text;
  }
}
