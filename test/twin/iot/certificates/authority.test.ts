import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { ManualClock } from '../../../../twin/clock.ts';
import { IovError } from '../../../../twin/errors.ts';
import { CertificateAuthority } from '../../../../twin/iot/certificates/authority.ts';

const DAY_MS = 86_400_000;

describe('the certificate authority', () => {
  let folder: string;
  let clock: ManualClock;
  let authority: CertificateAuthority;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iov-ca-'));
    clock = new ManualClock(Date.now());
    authority = await CertificateAuthority.open(folder, clock);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('makes a P-256 root once, and keeps its key to its owner', async () => {
    const root = new X509Certificate(authority.certificatePem);
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(root.subject).toContain('CN=twin CA');
    expect(statSync(join(folder, 'ca.key')).mode & 0o777).toBe(0o600);
    const again = await CertificateAuthority.open(folder, clock);
    expect(again.certificatePem).toBe(authority.certificatePem);
  });

  test.each([
    ['its key is missing', () => unlinkSync(join(folder, 'ca.key'))],
    ['its certificate is missing', () => unlinkSync(join(folder, 'ca.pem'))],
    ['its certificate is damaged', () => writeFileSync(join(folder, 'ca.pem'), 'nonsense')],
  ])('says that the state is unreadable when %s', async (_, damage) => {
    damage();
    await expect(CertificateAuthority.open(folder, clock)).rejects.toThrow(IovError);
  });

  test('says so when key and certificate do not belong together', async () => {
    const other = mkdtempSync(join(tmpdir(), 'iov-ca-'));
    await CertificateAuthority.open(other, clock);
    writeFileSync(join(folder, 'ca.key'), readFileSync(join(other, 'ca.key')));
    rmSync(other, { recursive: true });
    await expect(CertificateAuthority.open(folder, clock)).rejects.toThrow('does not belong');
  });

  test('issues certificates that OpenSSL verifies', async () => {
    const device = await authority.issueWithNewKeys();
    const server = await authority.serverCertificate();
    writeFileSync(join(folder, 'device.pem'), device.certificatePem);
    writeFileSync(join(folder, 'server.pem'), server.certificatePem);
    const verify = (purpose: string, name: string): string =>
      execFileSync('openssl', [
        'verify',
        '-x509_strict',
        '-purpose',
        purpose,
        '-CAfile',
        join(folder, 'ca.pem'),
        join(folder, name),
      ]).toString();
    expect(verify('sslclient', 'device.pem')).toContain('OK');
    expect(verify('sslserver', 'server.pem')).toContain('OK');
    expect(device.privateKeyPem).toContain('BEGIN RSA PRIVATE KEY');
    expect(new X509Certificate(device.certificatePem).subject).toBe('CN=AWS IoT Certificate');
  });

  test('is trusted by TLS clients for localhost and both loopback addresses', async () => {
    const { certificatePem, privateKeyPem } = await authority.serverCertificate(['twin.test']);
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('twin.test')).toBe('twin.test');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    const server = createServer({ cert: certificatePem, key: privateKeyPem }, (socket) => socket.end()).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.certificatePem });
    await once(client, 'secureConnect');
    expect(client.authorized).toBe(true);
    client.destroy();
    server.close();
    await once(server, 'close');
  });

  test('keeps the server certificate until its names change or it is near its end', async () => {
    const first = await authority.serverCertificate();
    expect((await authority.serverCertificate()).certificatePem).toBe(first.certificatePem);
    expect(statSync(join(folder, 'server.json')).mode & 0o777).toBe(0o600);
    const named = await authority.serverCertificate(['other.test']);
    expect(named.certificatePem).not.toBe(first.certificatePem);
    await clock.advance(340 * DAY_MS);
    const renewed = await authority.serverCertificate(['other.test']);
    expect(renewed.notAfter).toBeGreaterThan(clock.now() + 300 * DAY_MS);
  });
});
