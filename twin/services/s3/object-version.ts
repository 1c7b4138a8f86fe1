import type { ObjectChecksum } from './checksums.ts';

/** Headers that are stored with an object and come back with it, by their member names. */
export const STORED_HEADERS = [
  'ContentType',
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'WebsiteRedirectLocation',
  'StorageClass',
  'ServerSideEncryption',
  'SSEKMSKeyId',
] as const;

/** What a writer says of an object besides its bytes. */
export interface ObjectDescription {
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly expires?: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** One version of an object; in a bucket without versioning there is one, named `null`. */
export interface ObjectVersion extends ObjectDescription {
  readonly versionId: string;
  readonly deleteMarker: boolean;
  readonly size: number;
  /** In double quotes, as it is on the wire. */
  readonly etag: string;
  readonly lastModified: number;
  /** Name of the file that holds the bytes; a delete marker has none. */
  readonly blob?: string;
  readonly checksum?: ObjectChecksum;
  /** Sizes of its parts, when it was uploaded in parts. */
  readonly partSizes?: readonly number[];
}

/** All versions of one key, newest first. */
export interface StoredObject {
  readonly versions: readonly ObjectVersion[];
}

export const NULL_VERSION = 'null';

export const NO_DESCRIPTION: ObjectDescription = { headers: {}, metadata: {}, tags: {} };
