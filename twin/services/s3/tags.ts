import { AwsError } from '../../endpoint/service.ts';

export interface Tag {
  readonly Key?: string;
  readonly Value?: string;
}

/** @throws AwsError InvalidTag */
export function tagsFromList(tags: readonly Tag[], most: number): Record<string, string> {
  const result = Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  const names = Object.keys(result);
  if (names.length < tags.length) throw new AwsError('InvalidTag', 'Cannot provide multiple Tags with the same key');
  if (names.length > most) throw new AwsError('BadRequest', `Object tags cannot be greater than ${most}`);
  for (const [key, value] of Object.entries(result)) {
    if (key === '' || key.length > 128) throw new AwsError('InvalidTag', 'The TagKey you have provided is invalid');
    if (value.length > 256) throw new AwsError('InvalidTag', 'The TagValue you have provided is invalid');
  }
  return result;
}

/** The `x-amz-tagging` header: a URL query. @throws AwsError InvalidTag */
export function tagsFromHeader(header: unknown, most: number): Record<string, string> {
  if (header === undefined) return {};
  const pairs = [...new URLSearchParams(String(header))];
  return tagsFromList(
    pairs.map(([Key, Value]) => ({ Key, Value })),
    most,
  );
}

export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
