import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { S3Client } from '@aws-sdk/client-s3';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint, EndpointOptions } from '../../../../twin/endpoint/endpoint.ts';
import { MultipartUploads } from '../../../../twin/services/s3/multipart.ts';
import { s3Service } from '../../../../twin/services/s3/operations.ts';
import { S3 } from '../../../../twin/services/s3/s3.ts';
import { openStore } from '../../../../twin/state/store.ts';
import type { Store } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

export interface S3Fixture {
  readonly s3: S3;
  readonly uploads: MultipartUploads;
  readonly clock: ManualClock;
  readonly endpoint: Endpoint;
  readonly client: S3Client;
  readonly store: Store;
  readonly folder: string;
  close(): Promise<void>;
}

/** S3 behind an endpoint, on a folder of its own. */
export async function startS3(options: Partial<EndpointOptions> = {}): Promise<S3Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 's3-'));
  const store = openStore(join(folder, 'state.db'));
  const clock = new ManualClock();
  const s3 = new S3({ account: DEFAULT_ACCOUNT, clock, store, folder: join(folder, 'objects') });
  const uploads = new MultipartUploads(s3, store);
  const endpoint = await startEndpoint([s3Service(s3, uploads)], { clock, ...options });
  const client = new S3Client({ ...clientConfiguration(endpoint), forcePathStyle: true });
  return {
    s3,
    uploads,
    clock,
    endpoint,
    client,
    store,
    folder,
    async close() {
      client.destroy();
      await endpoint.close();
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
