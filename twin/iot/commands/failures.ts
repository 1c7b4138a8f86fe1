import { AwsError } from '../../endpoint/service.ts';

/** The errors of commands, with the status codes of their API reference. */
export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message, 400);
}

export function missing(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404);
}

export function conflict(message: string, resourceId?: string): AwsError {
  return new AwsError('ConflictException', message, 409, resourceId === undefined ? {} : { resourceId });
}
