import { invalidRequest } from '../failures.ts';
import type { KeySet } from '../key-set.ts';

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 250;

/** `nextToken` and `maxResults`, as newer IoT operations page. */
export interface TokenInput {
  readonly nextToken?: string | undefined;
  readonly maxResults?: number | undefined;
}

/** `marker` and `pageSize`, as older IoT operations page. */
export interface MarkerInput {
  readonly marker?: string | undefined;
  readonly pageSize?: number | undefined;
  readonly ascendingOrder?: boolean | undefined;
}

export interface ListedPage {
  readonly keys: readonly string[];
  /** Token for the next page; absent on the last one. */
  readonly next?: string;
}

/** @throws AwsError InvalidRequestException for a page size or token that this API would not have given */
export function pageByToken(keys: KeySet, input: TokenInput, wanted?: (key: string) => boolean): ListedPage {
  return page(keys, input.maxResults, 'maxResults', input.nextToken, false, wanted);
}

export function pageByMarker(keys: KeySet, input: MarkerInput, wanted?: (key: string) => boolean): ListedPage {
  return page(keys, input.pageSize, 'pageSize', input.marker, input.ascendingOrder === false, wanted);
}

/** `nextToken` when there is a further page. */
export function nextToken(listed: ListedPage): { nextToken?: string } {
  return listed.next === undefined ? {} : { nextToken: listed.next };
}

/** `nextMarker` when there is a further page. */
export function nextMarker(listed: ListedPage): { nextMarker?: string } {
  return listed.next === undefined ? {} : { nextMarker: listed.next };
}

function page(
  keys: KeySet,
  size: number | undefined,
  sizeMember: string,
  token: string | undefined,
  descending: boolean,
  wanted?: (key: string) => boolean,
): ListedPage {
  const limit = size ?? DEFAULT_PAGE;
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) {
    throw invalidRequest(`${sizeMember} must be between 1 and ${LARGEST_PAGE}`);
  }
  const { keys: listed, last } = keys.page(
    limit,
    token === undefined ? undefined : keyOfToken(token),
    wanted,
    descending,
  );
  return last === undefined ? { keys: listed } : { keys: listed, next: tokenOfKey(last) };
}

function tokenOfKey(key: string): string {
  return Buffer.from(`after ${key}`).toString('base64url');
}

function keyOfToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (!text.startsWith('after ')) throw invalidRequest('Invalid nextToken');
  return text.slice('after '.length);
}
