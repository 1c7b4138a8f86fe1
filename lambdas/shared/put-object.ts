import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { defaultProvider } from './lambda-credentials.ts';

/**
 * Writes one object: a signed PUT (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html). Not by S3's client, which alone is
 * half of what a bundle may weigh.
 * @throws Error with S3's answer when it refuses; it is worth another try
 */
export async function putObject(bucket: string, key: string, body: string): Promise<void> {
  const region = process.env['AWS_REGION']!;
  // AWS_ENDPOINT_URL goes before AWS's own, as it does for every SDK client; buckets are then in the path.
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  const url = new URL(endpoint ?? `https://${bucket}.s3.${region}.amazonaws.com`);
  url.pathname = (endpoint ? `/${bucket}/` : '/') + key;
  const signer = new SignatureV4({
    ...{ service: 's3', region, credentials: defaultProvider(), sha256: Sha256 },
    uriEscapePath: false,
  });
  const signed = await signer.sign({
    method: 'PUT',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: url.pathname,
    query: {},
    headers: { host: url.host, 'content-type': 'application/json' },
    body,
  });
  const response = await fetch(url, { method: 'PUT', headers: signed.headers, body });
  const answer = await response.text();
  if (!response.ok)
    throw new Error(`S3 answered ${response.status} to PutObject ${bucket}/${key}: ${answer.slice(0, 300)}`);
}
