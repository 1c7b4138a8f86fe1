import { readScalarText } from './query-codec.ts';
import type { Shape } from './shape.ts';
import type { XmlElement } from './xml-reader.ts';

/**
 * Turns an element of the wire into a value of the model (https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings).
 *
 * @throws SerializationError when a value has another type than the model's
 */
export function readXmlValue(shape: Shape, element: XmlElement, path = ''): unknown {
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return readXmlMembers(shape, element, path);
    case 'list':
      return element.children.map((child) => readXmlValue(shape.element, child, path));
    case 'map':
      return Object.fromEntries(element.children.map((entry) => readEntry(shape, entry, path)));
    case 'unit':
      return {};
    default:
      return readScalarText(shape, shape.kind === 'string' ? element.text : element.text.trim(), path);
  }
}

function readXmlMembers(shape: Shape, element: XmlElement, path: string): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of shape.members) {
    const wireName = String(member.traits['xmlName'] ?? name);
    if (member.traits['xmlAttribute'] !== undefined) {
      const text = element.attributes[wireName.slice(wireName.indexOf(':') + 1)];
      if (text !== undefined) result[name] = readScalarText(member, text, name);
      continue;
    }
    const found = element.children.filter((child) => child.name === wireName);
    if (found.length === 0) continue;
    if (member.traits['xmlFlattened'] === undefined) result[name] = readXmlValue(member, found[0]!, name);
    else if (member.kind === 'map')
      result[name] = Object.fromEntries(found.map((entry) => readEntry(member, entry, path)));
    else result[name] = found.map((child) => readXmlValue(member.element, child, name));
  }
  return result;
}

function readEntry(shape: Shape, entry: XmlElement, path: string): [string, unknown] {
  const key = entry.children.find(({ name }) => name === String(shape.keyTraits['xmlName'] ?? 'key'));
  const value = entry.children.find(({ name }) => name === String(shape.element.traits['xmlName'] ?? 'value'));
  return [key?.text ?? '', value && readXmlValue(shape.element, value, path)];
}
