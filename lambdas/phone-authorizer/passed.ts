import { AREA_PARAMETER, PHONE_AREA_PATTERN } from '../../contracts/phones.ts';
import type { AuthorizerEvent } from './authorizer-event.ts';

const BEARER = /^Bearer +(\S+)$/i;
const area = new RegExp(PHONE_AREA_PATTERN);

/** The user's token, wherever the phone put it. */
export function passedToken({ token, protocolData }: AuthorizerEvent): string | undefined {
  if (token) return token;
  const password = protocolData?.mqtt?.password;
  if (password) return Buffer.from(password, 'base64').toString('utf8');
  return BEARER.exec(header(protocolData?.http?.headers, 'authorization') ?? '')?.[1];
}

/** The area that the phone asks for; `undefined` when it asks for none, or for something that is no area. */
export function passedArea({ protocolData }: AuthorizerEvent): string | undefined {
  const username = protocolData?.mqtt?.username ?? '';
  const queries = [
    username.slice(username.indexOf('?') + 1),
    protocolData?.http?.queryString?.replace(/^\?/, '') ?? '',
  ];
  const asked =
    queries.map((query) => new URLSearchParams(query).get(AREA_PARAMETER)).find((value) => value !== null) ??
    header(protocolData?.http?.headers, `x-iov-${AREA_PARAMETER}`);
  return asked !== undefined && area.test(asked) ? asked : undefined;
}

function header(headers: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}
