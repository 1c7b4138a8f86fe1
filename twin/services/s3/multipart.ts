import { createHash, randomBytes } from 'node:crypto';

import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import { compositeChecksum } from './checksums.ts';
import type { ChecksumAlgorithm, ObjectChecksum } from './checksums.ts';
import type { ObjectDescription, ObjectVersion } from './object-version.ts';
import type { PutOptions, S3 } from './s3.ts';

/** Every part but the last must have it (S3 User Guide, "Multipart upload limits"). */
const SMALLEST_PART_BYTES = 5 * 1024 * 1024;
const MOST_PARTS = 10_000;

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: number;
  readonly description: ObjectDescription;
  readonly checksumAlgorithm?: ChecksumAlgorithm;
}

export interface Part {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: number;
  readonly blob: string;
  readonly checksum?: ObjectChecksum;
}

/** Uploads in parts, durable between their parts. */
export class MultipartUploads {
  readonly #s3: S3;
  readonly #store: Store;
  readonly #uploads: Collection<Upload>;

  constructor(s3: S3, store: Store) {
    this.#s3 = s3;
    this.#store = store;
    this.#uploads = store.collection('s3.uploads');
  }

  create(bucket: string, key: string, description: ObjectDescription, checksumAlgorithm?: ChecksumAlgorithm): Upload {
    this.#s3.checkKey(bucket, key);
    const id = randomBytes(24).toString('base64url');
    const upload = { id, bucket, key, initiated: this.#s3.clock.now(), description, checksumAlgorithm };
    this.#uploads.set(id, upload);
    return upload;
  }

  /** @throws AwsError NoSuchUpload */
  get(bucket: string, key: string, id: string): Upload {
    const upload = this.#uploads.get(id);
    if (!upload || upload.bucket !== bucket || upload.key !== key) {
      throw new AwsError(
        'NoSuchUpload',
        'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
        404,
        { UploadId: id },
      );
    }
    return upload;
  }

  /** In the order of keys, then of their beginning. */
  list(bucket: string): Upload[] {
    return [...this.#uploads.values()]
      .filter((upload) => upload.bucket === bucket)
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.initiated - b.initiated));
  }

  parts(upload: Upload): Part[] {
    return [...this.#parts(upload.id).values()].sort((a, b) => a.number - b.number);
  }

  /** @throws AwsError NoSuchUpload, InvalidArgument */
  async putPart(upload: Upload, number: number, body: Buffer, checksum?: ObjectChecksum): Promise<Part> {
    if (!Number.isInteger(number) || number < 1 || number > MOST_PARTS)
      throw new AwsError('InvalidArgument', `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
    const blob = await this.#s3.blobs.write(body);
    const part: Part = {
      number,
      size: body.length,
      etag: `"${createHash('md5').update(body).digest('hex')}"`,
      lastModified: this.#s3.clock.now(),
      blob,
      checksum,
    };
    // The upload may have been aborted while the part was written.
    if (!this.#uploads.has(upload.id)) {
      await this.#s3.blobs.remove([blob]);
      this.get(upload.bucket, upload.key, upload.id);
    }
    const parts = this.#parts(upload.id);
    const replaced = parts.get(String(number))?.blob;
    parts.set(String(number), part);
    if (replaced !== undefined) await this.#s3.blobs.remove([replaced]);
    return part;
  }

  /**
   * Makes an object of the parts that the client lists.
   *
   * @throws AwsError InvalidPart, InvalidPartOrder, EntityTooSmall, MalformedXML
   */
  async complete(
    upload: Upload,
    listed: readonly { readonly PartNumber?: number; readonly ETag?: string }[],
    condition?: PutOptions['condition'],
  ): Promise<ObjectVersion> {
    const parts = this.#chosenParts(upload, listed);
    const digests = parts.map(({ etag }) => Buffer.from(etag.slice(1, -1), 'hex'));
    const etag = `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}"`;
    const sums = parts.map(({ checksum }) => checksum?.value);
    const algorithm = upload.checksumAlgorithm;
    const checksum =
      algorithm && sums.every((sum) => sum !== undefined) ? compositeChecksum(algorithm, sums) : undefined;
    const content = {
      blob: await this.#s3.blobs.join(parts.map(({ blob }) => blob)),
      size: parts.reduce((sum, { size }) => sum + size, 0),
      etag,
      partSizes: parts.map(({ size }) => size),
    };
    const version = await this.#s3.adopt(upload.bucket, upload.key, content, {
      description: upload.description,
      checksum,
      condition,
      eventName: 'ObjectCreated:CompleteMultipartUpload',
    });
    await this.abort(upload);
    return version;
  }

  async abort(upload: Upload): Promise<void> {
    const parts = this.parts(upload);
    this.#store.transaction(() => {
      for (const { number } of parts) this.#parts(upload.id).delete(String(number));
      this.#uploads.delete(upload.id);
    });
    await this.#s3.blobs.remove(parts.map(({ blob }) => blob));
  }

  /** Files of all uploads under way. */
  blobs(): string[] {
    return [...this.#uploads.values()].flatMap((upload) => this.parts(upload).map(({ blob }) => blob));
  }

  #chosenParts(upload: Upload, listed: readonly { readonly PartNumber?: number; readonly ETag?: string }[]): Part[] {
    if (listed.length === 0)
      throw new AwsError(
        'MalformedXML',
        'The XML you provided was not well-formed or did not validate against our published schema',
      );
    const held = this.#parts(upload.id);
    const parts = listed.map(({ PartNumber, ETag }) => {
      const part = held.get(String(PartNumber));
      if (!part || part.etag.slice(1, -1) !== (ETag ?? '').replaceAll('"', '')) {
        throw new AwsError(
          'InvalidPart',
          "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
          400,
          { UploadId: upload.id, PartNumber: PartNumber ?? '', ETag: ETag ?? '' },
        );
      }
      return part;
    });
    if (parts.some(({ number }, index) => index > 0 && number <= parts[index - 1]!.number))
      throw new AwsError(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
      );
    const small = parts.slice(0, -1).find(({ size }) => size < SMALLEST_PART_BYTES);
    if (small) {
      throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
        ProposedSize: small.size,
        MinSizeAllowed: SMALLEST_PART_BYTES,
        PartNumber: small.number,
      });
    }
    return parts;
  }

  #parts(uploadId: string): Collection<Part> {
    return this.#store.collection(`s3.parts.${uploadId}`);
  }
}
