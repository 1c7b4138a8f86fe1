import { AwsError } from '../../endpoint/service.ts';

/**
 * Error codes of the provisioning MQTT API. AWS documents the form of a refusal, not the codes; these are the ones that
 * devices are known to have received, with the control plane's errors under their names without `Exception`.
 */
export type ProvisioningErrorCode =
  | 'InvalidPayload'
  | 'InvalidParameters'
  | 'InvalidCertificateOwnershipToken'
  | 'AccessDenied'
  | 'ResourceNotFound'
  | 'ResourceConflict'
  | 'InvalidTemplate'
  | 'CertificateSigningRequestInvalid'
  | 'LimitExceeded'
  | 'InternalServerError';

const STATUS: Readonly<Record<ProvisioningErrorCode, number>> = {
  InvalidPayload: 400,
  InvalidParameters: 400,
  InvalidCertificateOwnershipToken: 400,
  AccessDenied: 403,
  ResourceNotFound: 404,
  ResourceConflict: 409,
  InvalidTemplate: 400,
  CertificateSigningRequestInvalid: 400,
  LimitExceeded: 410,
  InternalServerError: 500,
};

/** A provisioning request that is not carried out: what the device is told, and what only the log says. */
export class ProvisioningRefusal extends Error {
  readonly errorCode: ProvisioningErrorCode;
  /** For the log alone: which rule, function or resource stood against it. */
  readonly reason: string;

  constructor(errorCode: ProvisioningErrorCode, errorMessage: string, reason = errorMessage, options?: ErrorOptions) {
    super(errorMessage, options);
    this.name = 'ProvisioningRefusal';
    this.errorCode = errorCode;
    this.reason = reason;
  }

  get statusCode(): number {
    return STATUS[this.errorCode];
  }
}

const CODE_OF_AWS_ERROR: Readonly<Record<string, ProvisioningErrorCode>> = {
  InvalidRequestException: 'InvalidParameters',
  MalformedPolicyException: 'InvalidParameters',
  ResourceNotFoundException: 'ResourceNotFound',
  ResourceAlreadyExistsException: 'ResourceConflict',
  ResourceConflictException: 'ResourceConflict',
  ConflictingResourceUpdateException: 'ResourceConflict',
  VersionConflictException: 'ResourceConflict',
  LimitExceededException: 'LimitExceeded',
  AccessDeniedException: 'AccessDenied',
};

/** Whatever went wrong, as a refusal; what is not expected becomes an internal error whose cause only the log shows. */
export function refusalOf(error: unknown): ProvisioningRefusal {
  if (error instanceof ProvisioningRefusal) return error;
  if (error instanceof AwsError) {
    const code = CODE_OF_AWS_ERROR[error.code];
    if (code) return new ProvisioningRefusal(code, error.message, `${error.code}: ${error.message}`, { cause: error });
  }
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ProvisioningRefusal('InternalServerError', 'An internal error occurred.', reason, { cause: error });
}
