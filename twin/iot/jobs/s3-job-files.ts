import { createHash, createHmac } from 'node:crypto';

import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { Iam } from '../../iam/iam.ts';
import type { SessionCredentials } from '../../iam/credentials.ts';
import type { S3 } from '../../services/s3/s3.ts';
import type { JobFiles, S3Location } from './document.ts';

export interface S3JobFilesPorts {
  readonly account: Account;
  readonly clock: Clock;
  readonly s3: Pick<S3, 'version' | 'stream'>;
  readonly iam: Pick<Iam, 'issueRoleCredentials' | 'serviceMayAssume'>;
  /** Where S3 answers. */
  awsUrl(): string;
}

const SESSION_SECONDS = 2 * 3600;

/** Job documents in the twin's own S3, and URLs that its endpoint accepts. */
export function s3JobFiles({ account, clock, s3, iam, awsUrl }: S3JobFilesPorts): JobFiles {
  const sessions = new Map<string, SessionCredentials>();
  // One session serves many devices, as long as it outlives the URL.
  const sessionOf = (roleArn: string, seconds: number): SessionCredentials => {
    if (!iam.serviceMayAssume(roleArn, 'iot.amazonaws.com'))
      throw new Error(`role ${roleArn} does not exist or does not trust iot.amazonaws.com`);
    const kept = sessions.get(roleArn);
    if (kept && (kept.expiration ?? 0) > clock.now() + seconds * 1000) return kept;
    const issued = iam.issueRoleCredentials(roleArn, 'iot-jobs', SESSION_SECONDS);
    sessions.set(roleArn, issued);
    return issued;
  };
  return {
    async read({ bucket, key }) {
      const chunks: Buffer[] = [];
      for await (const chunk of s3.stream(s3.version(bucket, key))) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString();
    },
    presign: async (location, roleArn, expiresInSeconds) =>
      presignedUrl(
        new URL(awsUrl()),
        location,
        sessionOf(roleArn, expiresInSeconds),
        account.region,
        expiresInSeconds,
        clock.now(),
      ),
  };
}

/** Signature Version 4 in a query (S3 API reference, "Authenticating Requests: Using Query Parameters"). */
export function presignedUrl(
  endpoint: URL,
  { bucket, key }: S3Location,
  credentials: SessionCredentials,
  region: string,
  expiresInSeconds: number,
  now: number,
): string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const path = `/${bucket}/${key.split('/').map(encoded).join('/')}`;
  const query = [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scope}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(expiresInSeconds)],
    ['X-Amz-Security-Token', credentials.sessionToken],
    ['X-Amz-SignedHeaders', 'host'],
  ]
    .map(([name, value]) => `${name}=${encoded(value!)}`)
    .join('&');
  const canonical = ['GET', path, query, `host:${endpoint.host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const signingKey = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(signingKey, ['AWS4-HMAC-SHA256', time, scope, hash].join('\n')).toString('hex');
  return `${endpoint.origin}${path}?${query}&X-Amz-Signature=${signature}`;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** RFC 3986's unreserved characters are the only ones that stay. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
