import { bytesOf } from './json-codec.ts';
import type { Shape } from './shape.ts';
import { formatTimestamp } from './timestamp.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

export function escapeXml(text: string): string {
  // Control characters have no place in XML 1.0, not even escaped.
  return text
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
    .replace(/[&<>"\r]/g, (character) => ENTITIES[character]!);
}

export function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

/** The members of a structure as XML elements (https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings). */
export function writeXmlMembers(shape: Pick<Shape, 'members'>, value: Record<string, unknown>): string {
  let xml = '';
  for (const [name, member] of shape.members) {
    const content = value[name];
    if (content !== undefined && content !== null && member.traits['xmlAttribute'] === undefined)
      xml += writeXml(String(member.traits['xmlName'] ?? name), member, content);
  }
  return xml;
}

function writeXml(name: string, shape: Shape, value: unknown): string {
  const flattened = shape.traits['xmlFlattened'] !== undefined;
  switch (shape.kind) {
    case 'structure':
    case 'union':
      return `<${name}${xmlAttributes(shape, value as Record<string, unknown>)}>${writeXmlMembers(shape, value as Record<string, unknown>)}</${name}>`;
    case 'list': {
      const elementName = flattened ? name : String(shape.element.traits['xmlName'] ?? 'member');
      const elements = (value as unknown[]).map((item) => writeXml(elementName, shape.element, item)).join('');
      return flattened ? elements : element(name, elements);
    }
    case 'map': {
      const keyName = String(shape.keyTraits['xmlName'] ?? 'key');
      const valueName = String(shape.element.traits['xmlName'] ?? 'value');
      const entries = Object.entries(value as object).map(([key, item]) =>
        element(
          flattened ? name : 'entry',
          element(keyName, escapeXml(key)) + writeXml(valueName, shape.element, item),
        ),
      );
      return flattened ? entries.join('') : element(name, entries.join(''));
    }
    case 'timestamp':
      return element(name, String(formatTimestamp(value, shape.timestampFormat, 'date-time')));
    case 'blob':
      return element(name, bytesOf(value).toString('base64'));
    default:
      return element(name, escapeXml(String(value)));
  }
}

function xmlAttributes(shape: Shape, value: Record<string, unknown>): string {
  let xml = '';
  const namespace = shape.traits['xmlNamespace'];
  if (Array.isArray(namespace)) xml += ` xmlns:${String(namespace[0])}="${String(namespace[1])}"`;
  for (const [name, member] of shape.members) {
    if (member.traits['xmlAttribute'] === undefined || value[name] === undefined) continue;
    xml += ` ${String(member.traits['xmlName'] ?? name)}="${escapeXml(String(value[name]))}"`;
  }
  return xml;
}
