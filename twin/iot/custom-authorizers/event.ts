import { randomUUID } from 'node:crypto';

import type { ConnectRequest } from '../broker/ports.ts';

/** What an authorizer's function is told (developer guide, "Defining your Lambda function"). */
export interface AuthorizerEvent {
  readonly token?: string;
  readonly signatureVerified: boolean;
  readonly protocols: readonly ('tls' | 'http' | 'mqtt')[];
  readonly protocolData: {
    readonly tls?: {
      readonly serverName?: string;
      /** Of domains with CUSTOM_AUTH_X509 (developer guide, "Custom authentication with X.509 client certificates"). */
      readonly x509CertificatePem?: string;
      readonly principalId?: string;
    };
    readonly http?: { readonly headers: Readonly<Record<string, string>>; readonly queryString: string };
    readonly mqtt?: { readonly username?: string; readonly password?: string; readonly clientId?: string };
  };
  readonly connectionMetadata: { readonly id: string };
}

/** The token that the signature was made over, and whether one of the authorizer's keys confirmed it. */
export interface CheckedToken {
  readonly token?: string;
  readonly signatureVerified: boolean;
}

/** Ids that the broker gives to clients which sent none. */
const GENERATED_CLIENT_ID = '$GEN/';

export function authorizerEvent(
  request: ConnectRequest,
  { token, signatureVerified }: CheckedToken,
  withCertificate = false,
): AuthorizerEvent {
  const { transport, http, serverName, username, password, clientId, certificate } = request;
  const mqtt = transport !== 'https';
  const tls = {
    ...(serverName !== undefined && { serverName }),
    ...(withCertificate &&
      certificate && { x509CertificatePem: certificate.pem, principalId: certificate.certificateId }),
  };
  return {
    ...(token !== undefined && { token }),
    signatureVerified,
    protocols: ['tls', ...(http ? (['http'] as const) : []), ...(mqtt ? (['mqtt'] as const) : [])],
    protocolData: {
      ...(Object.keys(tls).length > 0 && { tls }),
      ...(http && {
        http: { headers: http.headers, queryString: http.queryString === '' ? '' : `?${http.queryString}` },
      }),
      ...(mqtt && {
        mqtt: {
          ...(username !== undefined && { username }),
          ...(password && { password: password.toString('base64') }),
          ...(!clientId.startsWith(GENERATED_CLIENT_ID) && { clientId }),
        },
      }),
    },
    connectionMetadata: { id: randomUUID() },
  };
}
