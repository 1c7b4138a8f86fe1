/** An element of a document that was read; names are without their namespace prefix. */
export interface XmlElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** Text that is not a document this reader takes. */
export class XmlError extends Error {}

const DEEPEST = 64;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * Reads a small XML document in one pass: elements, attributes, text, CDATA, comments. Document types are refused, so
 * that there are no entities beyond the five of XML and no expansion.
 *
 * @throws XmlError
 */
export function readXml(text: string): XmlElement {
  const top: XmlElement = { name: '', text: '', children: [], attributes: {} };
  const open: XmlElement[] = [top];
  let position = text.startsWith('\uFEFF') ? 1 : 0;
  while (position < text.length) {
    const current = open.at(-1)!;
    const tag = text.indexOf('<', position);
    current.text += unescapeXml(text.slice(position, tag < 0 ? undefined : tag));
    if (tag < 0) break;
    if (text.startsWith('<!--', tag)) {
      position = after(text, '-->', tag + 4);
    } else if (text.startsWith('<![CDATA[', tag)) {
      position = after(text, ']]>', tag + 9);
      current.text += text.slice(tag + 9, position - 3);
    } else if (text.startsWith('<?', tag)) {
      position = after(text, '?>', tag + 2);
    } else if (text.startsWith('<!', tag)) {
      throw new XmlError('a document type is not allowed');
    } else {
      position = after(text, '>', tag + 1);
      const inside = text.slice(tag + 1, position - 1);
      if (inside.startsWith('/')) closeTag(open, inside.slice(1).trim());
      else openTag(open, inside);
    }
  }
  const [root] = top.children;
  if (open.length !== 1 || !root || top.children.length > 1 || top.text.trim() !== '')
    throw new XmlError('not one whole element');
  return root;
}

function openTag(open: XmlElement[], inside: string): void {
  const empty = inside.endsWith('/');
  const content = empty ? inside.slice(0, -1) : inside;
  const match = /^[^\s"'=<>]+(?=\s|$)/.exec(content);
  if (!match) throw new XmlError('an element without a name');
  const attributes: Record<string, string> = {};
  for (const [, name, double, single] of content
    .slice(match[0].length)
    .matchAll(/(?<=\s)([^\s="']+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    attributes[localName(name!)] = unescapeXml(double ?? single ?? '');
  const element: XmlElement = { name: localName(match[0]), text: '', children: [], attributes };
  open.at(-1)!.children.push(element);
  if (empty) return;
  if (open.length > DEEPEST) throw new XmlError('nested too deep');
  open.push(element);
}

function closeTag(open: XmlElement[], name: string): void {
  if (open.length === 1 || open.pop()!.name !== localName(name))
    throw new XmlError(`</${name.slice(0, 40)}> closes nothing`);
}

function after(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  if (found < 0) throw new XmlError(`${end} is missing`);
  return found + end.length;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w{1,8});/g, (whole, entity: string) => {
    if (!entity.startsWith('#')) return NAMED[entity] ?? whole;
    const code = entity[1] === 'x' ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
