import { AwsError } from '../../endpoint/service.ts';
import type { OperationInput } from '../../endpoint/service.ts';

/** What a condition is compared with. */
interface Validators {
  readonly etag: string;
  readonly lastModified: number;
}

/**
 * Conditional reads, in the order that RFC 9110 section 13.2.2 gives them.
 *
 * @param prefix `CopySource` for the conditions of a copy
 * @throws AwsError PreconditionFailed (412), NotModified (304; 412 for a copy)
 */
export function checkReadConditions(input: OperationInput, current: Validators, prefix = ''): void {
  const ifMatch = input[`${prefix}IfMatch`] as string | undefined;
  const ifNoneMatch = input[`${prefix}IfNoneMatch`] as string | undefined;
  // HTTP dates are whole seconds.
  const modified = Math.floor(current.lastModified / 1000) * 1000;
  const unmodifiedSince = input[`${prefix}IfUnmodifiedSince`] as Date | undefined;
  const modifiedSince = input[`${prefix}IfModifiedSince`] as Date | undefined;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, current.etag)) throw failed('If-Match');
  } else if (unmodifiedSince && modified > unmodifiedSince.getTime()) throw failed('If-Unmodified-Since');
  const notModified =
    ifNoneMatch !== undefined
      ? matches(ifNoneMatch, current.etag)
      : modifiedSince !== undefined && modified <= modifiedSince.getTime();
  if (!notModified) return;
  if (prefix !== '') throw failed('x-amz-copy-source-If-None-Match');
  throw new AwsError('NotModified', 'Not Modified', 304);
}

/**
 * Conditional writes (S3 User Guide, "Add preconditions to S3 operations").
 *
 * @throws AwsError PreconditionFailed, NoSuchKey
 */
export function checkWriteConditions(input: OperationInput, current: Validators | undefined): void {
  if (input['IfNoneMatch'] !== undefined && current) throw failed('If-None-Match');
  const ifMatch = input['IfMatch'] as string | undefined;
  if (ifMatch === undefined) return;
  if (!current) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  if (!matches(ifMatch, current.etag)) throw failed('If-Match');
}

export interface ByteRange {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

/**
 * One range of bytes; undefined when the header asks for none that S3 understands, which then answers the whole.
 *
 * @throws AwsError InvalidRange
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const suffix = match[1] === '';
  const first = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const last = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (!suffix && match[2] !== '' && Number(match[2]) < first) return undefined;
  if (first >= size || (suffix && Number(match[2]) === 0))
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, { ActualObjectSize: size });
  return { first, last };
}

function matches(header: string, etag: string): boolean {
  return header.split(',').some((part) => {
    const tag = part.trim().replace(/^W\//, '');
    return tag === '*' || tag === etag || `"${tag}"` === etag;
  });
}

function failed(condition: string): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
    Condition: condition,
  });
}
