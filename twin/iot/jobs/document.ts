import { invalidRequest } from '../registry/failures.ts';
import type { JobRecord } from './job.ts';

export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/** Where job documents and the files that they name are kept. */
export interface JobFiles {
  /** @throws AwsError when there is no such object */
  read(location: S3Location): Promise<string>;
  /** A URL that reads the object with the rights of the role, for that long. */
  presign(location: S3Location, roleArn: string, expiresInSeconds: number): Promise<string>;
}

const LONGEST_DOCUMENT_BYTES = 32_768;
const LONGEST_SOURCE = 1350;
const DEFAULT_EXPIRY_SECONDS = 3600;
const PLACEHOLDER = /\$\{aws:iot:s3-presigned-url(?:-v2)?:([^{}]*)\}/g;

/**
 * Checks a document: JSON, within its size, and with a role where it asks for presigned URLs.
 *
 * @throws AwsError InvalidRequestException
 */
export function checkDocument(document: string, roleArn: string | undefined): string {
  if (Buffer.byteLength(document) > LONGEST_DOCUMENT_BYTES)
    throw invalidRequest(`The job document is larger than ${LONGEST_DOCUMENT_BYTES} bytes.`);
  try {
    JSON.parse(document);
  } catch (error) {
    throw invalidRequest(`The job document is not JSON: ${(error as Error).message}`);
  }
  for (const [, url] of document.matchAll(PLACEHOLDER)) {
    locationOf(url!);
    if (roleArn === undefined)
      throw invalidRequest(
        'presignedUrlConfig.roleArn is needed by the presigned URL placeholders of the job document.',
      );
  }
  return document;
}

/** The document as a device gets it, each placeholder replaced by a URL made at this moment. */
export async function documentForDevice(job: JobRecord, files: JobFiles): Promise<string> {
  const { document, presignedUrlConfig } = job;
  const urls = new Map<string, string>();
  for (const [placeholder, url] of document.matchAll(PLACEHOLDER)) {
    const roleArn = presignedUrlConfig?.roleArn;
    if (roleArn === undefined || urls.has(placeholder)) continue;
    const expiry = presignedUrlConfig?.expiresInSec ?? DEFAULT_EXPIRY_SECONDS;
    urls.set(placeholder, await files.presign(locationOf(url!), roleArn, expiry));
  }
  return urls.size === 0
    ? document
    : document.replaceAll(PLACEHOLDER, (placeholder) => urls.get(placeholder) ?? placeholder);
}

/**
 * Bucket and key of an S3 object URL in path style or virtual-hosted style.
 *
 * @throws AwsError InvalidRequestException
 */
export function locationOf(text: string): S3Location {
  const url = URL.canParse(text) && text.length <= LONGEST_SOURCE ? new URL(text) : undefined;
  const host = /^(?:(.+)\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/.exec(url?.hostname ?? '');
  if (!url || !host || url.protocol !== 'https:') throw invalidRequest(`${text} is not the URL of an S3 object.`);
  const path = decoded(url.pathname.slice(1));
  const [bucket, key] = host[1] === undefined ? splitAtSlash(path) : [host[1], path];
  if (bucket === '' || key === '') throw invalidRequest(`${text} names no object of an S3 bucket.`);
  return { bucket, key };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function splitAtSlash(path: string): [string, string] {
  const slash = path.indexOf('/');
  return slash === -1 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
}
