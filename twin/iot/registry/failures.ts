import { AwsError } from '../../endpoint/service.ts';

/** The errors of the AWS IoT control plane, with the status codes of its API reference. */
export function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequestException', message, 400);
}

export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404);
}

export function alreadyExists(message: string, resourceId: string, resourceArn: string): AwsError {
  return new AwsError('ResourceAlreadyExistsException', message, 409, { resourceId, resourceArn });
}

export function versionConflict(message: string): AwsError {
  return new AwsError('VersionConflictException', message, 409);
}

export function deleteConflict(message: string): AwsError {
  return new AwsError('DeleteConflictException', message, 409);
}

export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceededException', message, 410);
}

export function versionsLimitExceeded(message: string): AwsError {
  return new AwsError('VersionsLimitExceededException', message, 409);
}

export function malformedPolicy(message: string): AwsError {
  return new AwsError('MalformedPolicyException', message, 400);
}

export function certificateState(message: string): AwsError {
  return new AwsError('CertificateStateException', message, 406);
}

export function certificateConflict(message: string): AwsError {
  return new AwsError('CertificateConflictException', message, 409);
}

export function certificateValidation(message: string): AwsError {
  return new AwsError('CertificateValidationException', message, 400);
}

export function registrationCodeValidation(message: string): AwsError {
  return new AwsError('RegistrationCodeValidationException', message, 400);
}

/** Control plane's name for a template that cannot be carried out (RegisterThing). */
export function resourceRegistrationFailure(message: string): AwsError {
  return new AwsError('ResourceRegistrationFailureException', message, 400);
}

export function conflictingResourceUpdate(message: string): AwsError {
  return new AwsError('ConflictingResourceUpdateException', message, 409);
}
