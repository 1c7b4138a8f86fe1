import type { Value } from '../sql/index.ts';

/** An attribute value in DynamoDB's JSON. */
export type AttributeValue = Readonly<Record<string, unknown>>;

/** Plain JSON as DynamoDB attributes; binary stays text. Undefined has no attribute. */
export function toAttribute(value: Value): AttributeValue | undefined {
  if (value === undefined) return undefined;
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map((element: Value) => toAttribute(element) ?? { NULL: true }) };
  // SQL's exact numbers know how to write themselves; everything else with members is an object.
  const text = JSON.stringify(value);
  if (typeof value === 'number' || !text.startsWith('{')) return { N: text.replaceAll('"', '') };
  return { M: toItem(value as Readonly<Record<string, Value>>) };
}

export function toItem(object: Readonly<Record<string, Value>>): Record<string, AttributeValue> {
  const item: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(object)) {
    const attribute = toAttribute(value);
    if (attribute) item[name] = attribute;
  }
  return item;
}

export function fromItem(item: Readonly<Record<string, AttributeValue>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(item).map(([name, attribute]) => [name, fromAttribute(attribute)]));
}

function fromAttribute(attribute: AttributeValue): Value {
  const [type, value] = Object.entries(attribute)[0] ?? ['NULL', true];
  switch (type) {
    case 'N':
      return Number(value);
    case 'NULL':
      return null;
    case 'L':
      return (value as AttributeValue[]).map(fromAttribute);
    case 'M':
      return fromItem(value as Record<string, AttributeValue>);
    case 'NS':
      return (value as string[]).map(Number);
    default:
      return value as Value;
  }
}
