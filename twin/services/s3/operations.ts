import type { AwsService } from '../../endpoint/service.ts';
import { bucketOperations } from './bucket-operations.ts';
import { listingOperations } from './listing-operations.ts';
import { multipartOperations } from './multipart-operations.ts';
import type { MultipartUploads } from './multipart.ts';
import { objectOperations } from './object-operations.ts';
import type { S3 } from './s3.ts';

/** S3 on the endpoint, addressed by path or by virtual host. */
export function s3Service(s3: S3, uploads: MultipartUploads): AwsService {
  return {
    signingNames: ['s3'],
    iamPrefix: 's3',
    model: () => import('@aws-sdk/client-s3') as Promise<Record<string, unknown>>,
    operations: {
      ...bucketOperations(s3),
      ...listingOperations(s3),
      ...objectOperations(s3),
      ...multipartOperations(s3, uploads),
    },
  };
}
