import type { EventRule, EventTarget } from './rule.ts';

/** What a target gets of an event: all of it, a part, a constant, or text made of parts. */
export function targetInput(
  target: EventTarget,
  event: Readonly<Record<string, unknown>>,
  rule: Pick<EventRule, 'arn' | 'name'>,
  nowMs: number,
): unknown {
  if (target.input !== undefined) return parsedOrText(target.input);
  if (target.inputPath !== undefined) return valueAt(event, target.inputPath) ?? {};
  if (target.inputTransformer === undefined) return event;
  const { paths, template } = target.inputTransformer;
  const values: Record<string, unknown> = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event.ingestion-time': new Date(nowMs).toISOString(),
    'aws.events.event.json': event,
    'aws.events.event': { ...event, detail: undefined },
  };
  for (const [name, path] of Object.entries(paths)) values[name] = valueAt(event, path);
  return parsedOrText(fillTemplate(template, values));
}

/**
 * The value at a path such as `$.detail.doors[0].side`; undefined when there is none. EventBridge knows no more of
 * JSONPath than names and numbers.
 */
export function valueAt(event: unknown, path: string): unknown {
  let value = event;
  for (const [, name, quoted, index] of path.matchAll(/\.([^.[\]]+)|\['([^']+)'\]|\[(\d+)\]/g)) {
    const key = name ?? quoted ?? Number(index);
    const holder = value as Record<string | number, unknown> | null | undefined;
    value = typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key) ? holder[key] : undefined;
  }
  return value;
}

/**
 * Puts values in place of `<name>`: bare text within a JSON string, JSON elsewhere (EventBridge user guide, "Input
 * transformation").
 */
function fillTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  let inString = false;
  let result = '';
  for (const [token, name] of template.matchAll(/<([\w.-]+)>|\\.|[^]/g)) {
    if (token === '"') inString = !inString;
    if (name === undefined || !Object.hasOwn(values, name)) result += token;
    else if (!inString) result += JSON.stringify(values[name] ?? '');
    else result += textWithin(values[name]);
  }
  return result;
}

function textWithin(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
  return JSON.stringify(text).slice(1, -1);
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
