import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';

import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import { Blobs } from './blobs.ts';
import type { Bucket } from './bucket.ts';
import { checkBucketName, defaultEncryption, newBucket } from './bucket.ts';
import type { ObjectChecksum } from './checksums.ts';
import { compareKeys } from './listing.ts';
import { NO_DESCRIPTION, NULL_VERSION } from './object-version.ts';
import type { ObjectDescription, ObjectVersion, StoredObject } from './object-version.ts';

const LONGEST_KEY_BYTES = 1024;

/** Something that happened to an object, for who listens to the bucket. */
export interface ObjectEvent {
  /** Without `s3:`, e.g. `ObjectCreated:Put`. */
  readonly name: string;
  readonly bucket: Bucket;
  readonly key: string;
  readonly version: ObjectVersion;
}

export interface S3Options {
  readonly account: Account;
  readonly clock: Clock;
  readonly store: Store;
  /** Where objects' bytes are kept. */
  readonly folder: string;
}

/** What a write asks for besides the bytes. */
export interface PutOptions {
  readonly description?: ObjectDescription;
  readonly checksum?: ObjectChecksum;
  /** Judges the current version, at the moment of the write; throws to refuse. */
  readonly condition?: (current: ObjectVersion | undefined) => void;
  readonly eventName?: string;
}

/** S3's buckets and objects. Names, tags and versions are in the store, bytes are files. */
export class S3 {
  readonly account: Account;
  readonly clock: Clock;
  readonly blobs: Blobs;
  readonly #store: Store;
  readonly #buckets: Collection<Bucket>;
  readonly #sortedKeys = new Map<string, string[]>();
  readonly #listeners: ((event: ObjectEvent) => void)[] = [];

  constructor({ account, clock, store, folder }: S3Options) {
    this.account = account;
    this.clock = clock;
    this.blobs = new Blobs(folder);
    this.#store = store;
    this.#buckets = store.collection('s3.buckets');
  }

  /** Called for every created, copied, removed object, after it is durable. */
  onObjectEvent(listener: (event: ObjectEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** @throws AwsError InvalidBucketName, BucketAlreadyOwnedByYou */
  createBucket(name: string): Bucket {
    checkBucketName(name);
    if (this.#buckets.has(name)) {
      throw new AwsError(
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
        409,
        { BucketName: name },
      );
    }
    const bucket = newBucket(name, this.clock.now());
    this.#buckets.set(name, bucket);
    return bucket;
  }

  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => compareKeys(a.name, b.name));
  }

  hasBucket(name: string): boolean {
    return this.#buckets.has(name);
  }

  /** @throws AwsError NoSuchBucket */
  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
    return bucket;
  }

  changeBucket(name: string, change: Partial<Bucket>): void {
    this.#buckets.set(name, { ...this.bucket(name), ...change });
  }

  /** @throws AwsError NoSuchBucket, BucketNotEmpty */
  deleteBucket(name: string): void {
    this.bucket(name);
    if (this.#objects(name).size > 0) {
      throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409, { BucketName: name });
    }
    this.#buckets.delete(name);
    this.#sortedKeys.delete(name);
  }

  /** Keys in the order of listings; those whose newest version is a delete marker too. */
  keys(bucket: string): readonly string[] {
    this.bucket(bucket);
    let keys = this.#sortedKeys.get(bucket);
    if (!keys)
      this.#sortedKeys.set(bucket, (keys = [...this.#objects(bucket).entries()].map(([key]) => key).sort(compareKeys)));
    return keys;
  }

  versions(bucket: string, key: string): readonly ObjectVersion[] {
    this.bucket(bucket);
    return this.#objects(bucket).get(key)?.versions ?? [];
  }

  /** The newest version, unless it is a delete marker. */
  current(bucket: string, key: string): ObjectVersion | undefined {
    const [newest] = this.versions(bucket, key);
    return newest?.deleteMarker ? undefined : newest;
  }

  /**
   * @param versionId the newest when absent
   * @throws AwsError NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker)
   */
  version(bucket: string, key: string, versionId?: string): ObjectVersion {
    const versions = this.versions(bucket, key);
    const found = versionId === undefined ? versions[0] : versions.find((version) => version.versionId === versionId);
    if (versionId !== undefined && !found)
      throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404, {
        Key: key,
        VersionId: versionId,
      });
    if (versionId !== undefined && found!.deleteMarker)
      throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
    if (!found || found.deleteMarker)
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });
    return found;
  }

  /** Writes an object; durable when the promise resolves. @throws AwsError NoSuchBucket, KeyTooLongError */
  async put(bucket: string, key: string, body: Buffer, options: PutOptions = {}): Promise<ObjectVersion> {
    this.checkKey(bucket, key);
    options.condition?.(this.current(bucket, key));
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const blob = await this.blobs.write(body);
    return this.adopt(bucket, key, { blob, size: body.length, etag }, options);
  }

  /** Makes a file that is already there a version of an object. */
  async adopt(
    bucket: string,
    key: string,
    content: Pick<ObjectVersion, 'blob' | 'size' | 'etag' | 'partSizes'>,
    { description = NO_DESCRIPTION, checksum, condition, eventName = 'ObjectCreated:Put' }: PutOptions,
  ): Promise<ObjectVersion> {
    try {
      condition?.(this.current(bucket, key));
      const version: ObjectVersion = {
        ...description,
        headers: {
          ...(description.headers['ServerSideEncryption'] ? {} : defaultEncryption(this.bucket(bucket))),
          ...description.headers,
        },
        ...content,
        versionId: this.#newVersionId(bucket),
        deleteMarker: false,
        lastModified: this.clock.now(),
        checksum,
      };
      const replaced = this.#prepend(bucket, key, version);
      this.#tell(eventName, bucket, key, version);
      await this.blobs.remove(replaced);
      return version;
    } catch (error) {
      if (content.blob !== undefined) await this.blobs.remove([content.blob]);
      throw error;
    }
  }

  /**
   * Deletes the object, or with versioning puts a delete marker over it; with `versionId`, deletes that version.
   *
   * @returns the version removed or the marker made, if any
   */
  async delete(bucket: string, key: string, versionId?: string): Promise<ObjectVersion | undefined> {
    const { versioning } = this.bucket(bucket);
    const versions = this.versions(bucket, key);
    if (versionId !== undefined || versioning === undefined) {
      const wanted = versionId ?? NULL_VERSION;
      const removed = versions.find((version) => version.versionId === wanted);
      if (!removed) return undefined;
      this.#save(
        bucket,
        key,
        versions.filter((version) => version !== removed),
      );
      this.#tell('ObjectRemoved:Delete', bucket, key, removed);
      if (removed.blob !== undefined) await this.blobs.remove([removed.blob]);
      return removed;
    }
    const marker: ObjectVersion = {
      ...NO_DESCRIPTION,
      versionId: this.#newVersionId(bucket),
      deleteMarker: true,
      size: 0,
      etag: '',
      lastModified: this.clock.now(),
    };
    const replaced = this.#prepend(bucket, key, marker);
    this.#tell('ObjectRemoved:DeleteMarkerCreated', bucket, key, marker);
    await this.blobs.remove(replaced);
    return marker;
  }

  setTags(
    bucket: string,
    key: string,
    versionId: string | undefined,
    tags: Readonly<Record<string, string>>,
  ): ObjectVersion {
    const changed = { ...this.version(bucket, key, versionId), tags };
    const versions = this.versions(bucket, key).map((version) =>
      version.versionId === changed.versionId ? changed : version,
    );
    this.#save(bucket, key, versions);
    return changed;
  }

  /**
   * Writes an object, for the twin's own services (rule actions, delivery streams).
   *
   * @throws AwsError NoSuchBucket, KeyTooLongError
   */
  async putObject(
    bucket: string,
    key: string,
    body: Buffer | string,
    contentType = 'binary/octet-stream',
  ): Promise<void> {
    const description = { ...NO_DESCRIPTION, headers: { ContentType: contentType } };
    await this.put(bucket, key, Buffer.from(body as string), { description });
  }

  /** Reads an object, for the twin's own services. @throws AwsError NoSuchBucket, NoSuchKey */
  getObject(bucket: string, key: string): Promise<Buffer> {
    return this.blobs.read(this.version(bucket, key).blob!);
  }

  stream({ blob, size }: ObjectVersion, first = 0, last = size - 1): Readable | Buffer {
    return size === 0 || last < first ? Buffer.alloc(0) : this.blobs.stream(blob!, first, last);
  }

  /** Removes files that no object names, left by a killed process. @param others files of uploads under way */
  async sweep(others: Iterable<string>): Promise<void> {
    const named = new Set(others);
    for (const { name } of this.#buckets.values())
      for (const { versions } of this.#objects(name).values())
        for (const { blob } of versions) if (blob !== undefined) named.add(blob);
    await this.blobs.sweep(named);
  }

  /** @throws AwsError NoSuchBucket, KeyTooLongError */
  checkKey(bucket: string, key: string): void {
    this.bucket(bucket);
    if (Buffer.byteLength(key) > LONGEST_KEY_BYTES)
      throw new AwsError('KeyTooLongError', 'Your key is too long', 400, {
        Size: Buffer.byteLength(key),
        MaxSizeAllowed: LONGEST_KEY_BYTES,
      });
  }

  #newVersionId(bucket: string): string {
    return this.bucket(bucket).versioning === 'Enabled' ? randomBytes(24).toString('base64url') : NULL_VERSION;
  }

  /** Puts a version on top. A `null` version replaces the one before; its file is returned for removal. */
  #prepend(bucket: string, key: string, version: ObjectVersion): string[] {
    const versions = this.versions(bucket, key);
    const replaced =
      version.versionId === NULL_VERSION ? versions.filter(({ versionId }) => versionId === NULL_VERSION) : [];
    this.#save(bucket, key, [version, ...versions.filter((other) => !replaced.includes(other))]);
    return replaced.map(({ blob }) => blob).filter((blob) => blob !== undefined);
  }

  #save(bucket: string, key: string, versions: readonly ObjectVersion[]): void {
    const objects = this.#objects(bucket);
    if (versions.length === 0 || !objects.has(key)) this.#sortedKeys.delete(bucket);
    if (versions.length === 0) objects.delete(key);
    else objects.set(key, { versions });
  }

  #objects(bucket: string): Collection<StoredObject> {
    return this.#store.collection(`s3.objects.${bucket}`);
  }

  #tell(name: string, bucket: string, key: string, version: ObjectVersion): void {
    if (this.#listeners.length === 0) return;
    const event = { name, bucket: this.bucket(bucket), key, version };
    for (const listener of this.#listeners) listener(event);
  }
}
