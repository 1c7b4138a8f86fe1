import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { ManualClock } from '../../../twin/clock.ts';
import { CertificateAuthority } from '../../../twin/iot/certificates/authority.ts';
import { openProvisioning, type DeviceProvisioning } from '../../../twin/iot/provisioning/provisioning.ts';
import type { ProvisioningLogEntry } from '../../../twin/iot/provisioning/log.ts';
import { Registry } from '../../../twin/iot/registry/registry.ts';
import { openStore, type Store } from '../../../twin/state/store.ts';

/** A registry with provisioning that forgets everything when it is closed. */
export interface DeviceWorld {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly registry: Registry;
  readonly provisioning: DeviceProvisioning;
  close(): Promise<void>;
}

export async function openDeviceWorld(log: (entry: ProvisioningLogEntry) => void): Promise<DeviceWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'iov-fuzz-'));
  const clock = new ManualClock(Date.now());
  const store = openStore(':memory:');
  const registry = new Registry(store, DEFAULT_ACCOUNT, clock);
  const authority = await CertificateAuthority.open(folder, clock);
  const provisioning = openProvisioning({
    ...{ registry, authority, log: { write: log } },
    publish: async () => undefined,
  });
  return {
    ...{ clock, store, registry, provisioning },
    close: async () => {
      await provisioning.close();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
