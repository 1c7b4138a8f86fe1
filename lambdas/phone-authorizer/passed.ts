import { AREA_PARAMETER, PHONE_AREA_PATTERN, TOKEN_PARAMETER } from '../../contracts/phones.ts';
import type { AuthorizerEvent } from './authorizer-event.ts';

const BEARER = /^Bearer +(\S+)$/i;
const area = new RegExp(PHONE_AREA_PATTERN);

/** The user's token, wherever the phone put it. */
export function passedToken(event: AuthorizerEvent): string | undefined {
  // AWS IoT hands over the token key's value where it checks a signature; here, where it checks none, it need not.
  const named = event.token || parameter(event, TOKEN_PARAMETER) || header(event, TOKEN_PARAMETER);
  if (named) return named;
  const password = event.protocolData?.mqtt?.password;
  if (password) return Buffer.from(password, 'base64').toString('utf8');
  return BEARER.exec(header(event, 'authorization') ?? '')?.[1];
}

/** The area that the phone asks for; `undefined` when it asks for none, or for something that is no area. */
export function passedArea(event: AuthorizerEvent): string | undefined {
  const asked = parameter(event, AREA_PARAMETER) ?? header(event, `x-iov-${AREA_PARAMETER}`);
  return asked !== undefined && area.test(asked) ? asked : undefined;
}

/** From the query of the MQTT user name, else of the HTTP request. */
function parameter({ protocolData }: AuthorizerEvent, name: string): string | undefined {
  const username = protocolData?.mqtt?.username ?? '';
  const question = username.indexOf('?');
  const queries = [
    ...(question < 0 ? [] : [username.slice(question + 1)]),
    protocolData?.http?.queryString?.replace(/^\?/, '') ?? '',
  ];
  for (const query of queries) {
    const value = new URLSearchParams(query).get(name);
    if (value !== null) return value;
  }
  return undefined;
}

function header({ protocolData }: AuthorizerEvent, name: string): string | undefined {
  return Object.entries(protocolData?.http?.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}
