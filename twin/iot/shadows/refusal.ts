/** Codes of the Device Shadow service and the exceptions of the iot-data API that carry them. */
const EXCEPTIONS = {
  400: 'InvalidRequestException',
  403: 'ForbiddenException',
  404: 'ResourceNotFoundException',
  405: 'MethodNotAllowedException',
  409: 'ConflictException',
  413: 'RequestEntityTooLargeException',
  415: 'UnsupportedDocumentEncodingException',
  429: 'ThrottlingException',
  500: 'InternalFailureException',
} as const;

export type ShadowErrorCode = keyof typeof EXCEPTIONS;

/** A request that is not carried out (developer guide, "Device Shadow error messages": codes and texts). */
export class ShadowRefusal extends Error {
  readonly code: ShadowErrorCode;
  /** Of the request, where it could be read. */
  readonly clientToken: string | undefined;

  constructor(code: ShadowErrorCode, message: string, clientToken?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = EXCEPTIONS[code];
    this.code = code;
    this.clientToken = clientToken;
  }

  /** The error response document. */
  get document(): { code: number; message: string; clientToken?: string } {
    const { code, message, clientToken } = this;
    return { code, message, ...(clientToken !== undefined && { clientToken }) };
  }

  withClientToken(clientToken: string | undefined): ShadowRefusal {
    return new ShadowRefusal(this.code, this.message, clientToken, { cause: this.cause });
  }
}

/** The refusal that an error stands for; what nobody foresaw is the service's own failure. */
export function refusalOf(error: unknown): ShadowRefusal {
  return error instanceof ShadowRefusal
    ? error
    : new ShadowRefusal(500, 'Internal service failure', undefined, { cause: error });
}
