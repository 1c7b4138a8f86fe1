import { isRecord } from './template.ts';

/** Where `{{resolve:…}}` and SSM-typed parameters get their values. `undefined` means that there is no such thing. */
export interface ReferenceSource {
  /** @param version the newest when absent */
  ssmParameter(name: string, version?: string): Promise<string | undefined> | string | undefined;
  /** The whole secret string; the member that a reference names is taken from it here. */
  secretString(
    secretId: string,
    version: { readonly stage?: string; readonly id?: string },
  ): Promise<string | undefined> | string | undefined;
}

const REFERENCE = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]*)\}\}/g;

/** Whether any text in a value holds a dynamic reference. */
export function hasDynamicReference(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{resolve:');
  if (Array.isArray(value)) return value.some(hasDynamicReference);
  return isRecord(value) && Object.values(value).some(hasDynamicReference);
}

/**
 * Replaces dynamic references in every text of a value (CloudFormation user guide, "Dynamic references"). It happens
 * after the intrinsic functions, as the text of a reference may itself be joined.
 *
 * @throws Error naming the reference that has no value; never the value of another
 */
export async function resolveDynamicReferences(value: unknown, source: ReferenceSource | undefined): Promise<unknown> {
  if (!hasDynamicReference(value)) return value;
  if (typeof value === 'string') return resolveText(value, source);
  if (Array.isArray(value)) return Promise.all(value.map((element) => resolveDynamicReferences(element, source)));
  const members = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    await Promise.all(members.map(async ([key, member]) => [key, await resolveDynamicReferences(member, source)])),
  );
}

async function resolveText(text: string, source: ReferenceSource | undefined): Promise<string> {
  let resolved = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [whole, service, body] = match as unknown as [string, string, string];
    const value = service === 'secretsmanager' ? await secretValue(body, source) : await parameterValue(body, source);
    if (value === undefined) throw new Error(`the dynamic reference ${whole} has no value`);
    resolved += text.slice(end, match.index) + value;
    end = match.index + whole.length;
  }
  return resolved + text.slice(end);
}

async function parameterValue(body: string, source: ReferenceSource | undefined): Promise<string | undefined> {
  const [, name, version] = /^(.*?)(?::(\d+))?$/.exec(body) as unknown as [string, string, string | undefined];
  return source?.ssmParameter(name, version);
}

/** `secret-id:SecretString:json-key:version-stage:version-id`, where the id may be an ARN with colons of its own. */
async function secretValue(body: string, source: ReferenceSource | undefined): Promise<string | undefined> {
  const [, secretId, rest = ''] = /^(arn:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*|[^:]*)(?::(.*))?$/.exec(
    body,
  ) as unknown as [string, string, string | undefined];
  const [, jsonKey, stage, id] = rest.split(':') as (string | undefined)[];
  const secret = await source?.secretString(secretId, { stage: stage || undefined, id: id || undefined });
  if (secret === undefined || !jsonKey) return secret;
  try {
    const parsed: unknown = JSON.parse(secret);
    const member = isRecord(parsed) ? parsed[jsonKey] : undefined;
    return member === undefined ? undefined : typeof member === 'string' ? member : JSON.stringify(member);
  } catch {
    return undefined;
  }
}
