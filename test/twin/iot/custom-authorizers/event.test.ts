import { describe, expect, test } from '@jest/globals';

import type { ConnectRequest } from '../../../../twin/iot/broker/ports.ts';
import { authorizerEvent } from '../../../../twin/iot/custom-authorizers/event.ts';

const request: ConnectRequest = {
  transport: 'websocket',
  protocolVersion: 5,
  clientId: 'phone-1',
  username: 'anna?tok=t',
  password: Buffer.from('secret'),
  http: { headers: { host: 'localhost', tok: 'from-header' }, queryString: 'a=1&b=2' },
  serverName: 'localhost',
  sourceIp: '127.0.0.1',
  sourcePort: 1,
  cleanStart: true,
  persistent: false,
};

describe('the event of an authorizer', () => {
  test('says of MQTT over WebSocket what AWS documents', () => {
    expect(authorizerEvent(request, { token: 't', signatureVerified: true })).toEqual({
      token: 't',
      signatureVerified: true,
      protocols: ['tls', 'http', 'mqtt'],
      protocolData: {
        tls: { serverName: 'localhost' },
        http: { headers: { host: 'localhost', tok: 'from-header' }, queryString: '?a=1&b=2' },
        mqtt: { username: 'anna?tok=t', password: 'c2VjcmV0', clientId: 'phone-1' },
      },
      connectionMetadata: { id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  test('leaves out what the connection does not have', () => {
    const bare = { ...request, transport: 'tls' as const, clientId: '$GEN/1' };
    const event = authorizerEvent(
      { ...bare, username: undefined, password: undefined, http: undefined, serverName: undefined },
      { signatureVerified: false },
    );
    expect(event).toEqual({
      signatureVerified: false,
      protocols: ['tls', 'mqtt'],
      protocolData: { mqtt: {} },
      connectionMetadata: expect.anything(),
    });
  });

  test('has no MQTT in an HTTPS publish', () => {
    const { protocols, protocolData } = authorizerEvent(
      { ...request, transport: 'https' },
      { signatureVerified: false },
    );
    expect(protocols).toEqual(['tls', 'http']);
    expect(protocolData.mqtt).toBeUndefined();
  });

  test('carries the client certificate only where the domain asks for both', () => {
    const certificate = { certificateId: 'abc', der: Buffer.alloc(0), pem: 'PEM' };
    const tlsOf = (withCertificate: boolean) =>
      authorizerEvent({ ...request, certificate }, { signatureVerified: false }, withCertificate).protocolData.tls;
    expect(tlsOf(true)).toEqual({ serverName: 'localhost', x509CertificatePem: 'PEM', principalId: 'abc' });
    expect(tlsOf(false)).toEqual({ serverName: 'localhost' });
  });
});
