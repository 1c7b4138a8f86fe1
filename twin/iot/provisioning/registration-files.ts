import type { RegistrationFiles } from './registration-tasks.ts';

/** What bulk registration needs of an object store. */
export interface ObjectStore {
  getObject(bucket: string, key: string): Promise<Buffer>;
  putObject(bucket: string, key: string, body: Buffer): Promise<unknown>;
  hasBucket(bucket: string): boolean;
  createBucket(bucket: string): unknown;
}

/**
 * Reads input from an object store and keeps reports in a bucket of their own.
 *
 * @param endpointUrl where clients reach the store; a function, as it may not be known before the store listens
 */
export function registrationFiles(
  objects: ObjectStore,
  reportBucket: string,
  endpointUrl: () => string,
): RegistrationFiles {
  return {
    getObject: (bucket, key) => objects.getObject(bucket, key),
    async publishReport(name, text) {
      if (!objects.hasBucket(reportBucket)) objects.createBucket(reportBucket);
      await objects.putObject(reportBucket, name, Buffer.from(text));
      return `${endpointUrl()}/${reportBucket}/${name}`;
    },
  };
}
