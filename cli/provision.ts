import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';

import { DeviceStorage } from '../fleet/identity.ts';
import { provisionByClaim } from '../fleet/provisioning.ts';
import { readEndpoints } from './read-endpoints.ts';

interface ProvisionOptions {
  readonly state: string;
  readonly class: string;
  readonly serial?: string;
}

/** `iov provision <thing>`: a device of one's own, provisioned by claim as in the factory. */
export function provisionCommand(): Command {
  return new Command('provision')
    .description('provision a device by claim against the running twin, and keep its certificate and key')
    .argument('<thing>', 'the thing name, e.g. a VIN')
    .option('--class <class>', 'the class of device whose claim certificate is used', 'vehicle')
    .option('--serial <number>', 'serial number; the thing name when absent')
    .option('--state <folder>', 'the state folder of the twin', '.iov')
    .action(async (thing: string, { state, class: deviceClass, serial }: ProvisionOptions) => {
      const endpoints = readEndpoints(state);
      const claim = endpoints.claim[deviceClass];
      if (!claim)
        throw new Error(
          `There is no claim certificate for the class ${deviceClass}; there is ${Object.keys(endpoints.claim).join(', ')}.`,
        );
      const storage = new DeviceStorage(join(state, 'devices'), thing);
      if (!storage.identity()) {
        const parameters = { ThingName: thing, SerialNumber: serial ?? thing };
        const identity = await provisionByClaim(
          { url: endpoints.mqtts, ca: readFileSync(endpoints.ca, 'utf8') },
          {
            template: claim.template,
            certificatePem: readFileSync(claim.certificate, 'utf8'),
            privateKeyPem: readFileSync(claim.privateKey, 'utf8'),
          },
          parameters,
        );
        storage.keepIdentity(identity);
      }
      console.log(`certificate  ${join(storage.folder, 'certificate.pem')}`);
      console.log(`private key  ${join(storage.folder, 'private.key')}`);
    });
}
