import { connect } from 'node:tls';

import { beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { SystemClock } from '../../../../twin/clock.ts';
import { acceptsTls } from '../../../../twin/iot/custom-authorizers/domains.ts';
import { newDomainConfiguration } from '../../../../twin/iot/registry/account-definitions.ts';
import { Registry } from '../../../../twin/iot/registry/registry.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { openFrontDoor } from '../broker/front-door.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'];
let registry: Registry;

beforeEach(() => {
  registry = new Registry(openStore(':memory:'), DEFAULT_ACCOUNT, new SystemClock());
});

let domains = 0;
function createDomain(securityPolicy: string, domainName?: string): void {
  const certificate = { serverCertificateArns: ['arn:aws:acm:us-east-1:000000000000:certificate/x'] };
  registry.definitions.domainConfigurations.create(
    `domain-${(domains += 1)}`,
    newDomainConfiguration({ tlsConfig: { securityPolicy }, ...(domainName && { domainName, ...certificate }) }, 0),
  );
}
const accepted = (serverName?: string): string[] =>
  VERSIONS.filter((version) => acceptsTls(registry, serverName, version));

describe('the versions of TLS that an endpoint takes', () => {
  test('are all without a domain configuration', () => {
    expect(accepted('localhost')).toEqual(VERSIONS);
  });

  test.each([
    ['IoTSecurityPolicy_TLS13_1_3_2022_10', ['TLSv1.3']],
    ['IoTSecurityPolicy_TLS13_1_2_2022_10', VERSIONS],
    ['IoTSecurityPolicy_TLS12_1_2_2022_10', ['TLSv1.2']],
    ['IoTSecurityPolicy_TLS12_1_0_2016_01', ['TLSv1.2']],
    ['IoTSecurityPolicy_of_a_later_year', VERSIONS],
  ])('are those of its security policy: %s', (policy, expected) => {
    createDomain(policy);
    expect(accepted('localhost')).toEqual(expected);
    expect(accepted()).toEqual(expected);
  });

  test("are a configured domain's own under its name, and AWS's domains' under any other", () => {
    createDomain('IoTSecurityPolicy_TLS12_1_2_2022_10');
    createDomain('IoTSecurityPolicy_TLS13_1_3_2022_10', 'cars.example.com');
    expect(accepted('Cars.example.com')).toEqual(['TLSv1.3']);
    expect(accepted('localhost')).toEqual(['TLSv1.2']);
  });

  test('bind a client at its handshake, and the log says so', async () => {
    createDomain('IoTSecurityPolicy_TLS13_1_3_2022_10');
    const door = await openFrontDoor({ acceptsTls: (name, version) => acceptsTls(registry, name, version) });
    const closed = async (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<boolean> => {
      const { ca } = door.certificates;
      const socket = connect({ port: door.mqttPort, host: 'localhost', servername: 'localhost', ca, maxVersion });
      socket.on('error', () => undefined);
      // What breaks the protocol is answered by a close as well, but by one that the log explains otherwise.
      socket.once('secureConnect', () => socket.write(Buffer.from([0, 0])));
      // The refusal may come before the handshake has ended on this side, which is an error then.
      await new Promise((resolve) => socket.once('close', resolve));
      return door.log.some(({ details }) => details?.includes(`does not take ${maxVersion}`));
    };
    expect(await closed('TLSv1.2')).toBe(true);
    expect(await closed('TLSv1.3')).toBe(false);
    await door.close();
  });
});
