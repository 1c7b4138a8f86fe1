import type { LambdaInvoker } from '../../lambda/invoker.ts';
import type { CertificateAuthority, KeyedCertificate } from '../certificates/authority.ts';
import { readSigningRequest } from '../certificates/signing-request.ts';
import type { Registry } from '../registry/registry.ts';
import { invalidRequest } from '../registry/failures.ts';

/**
 * Where device certificates come from: the twin's own authority, or the account's certificate provider, a Lambda
 * function that signs requests in its place (developer guide, "Self-managed client certificate signing using AWS IoT
 * Core certificate provider").
 */
export class CertificateIssuer {
  readonly #registry: Registry;
  readonly #authority: CertificateAuthority;
  readonly #lambda: LambdaInvoker | undefined;

  constructor(registry: Registry, authority: CertificateAuthority, lambda?: LambdaInvoker) {
    this.#registry = registry;
    this.#authority = authority;
    this.#lambda = lambda;
  }

  issueWithNewKeys(): Promise<KeyedCertificate> {
    return this.#authority.issueWithNewKeys();
  }

  /** @throws AwsError InvalidRequestException for a request that cannot be used, or a provider that does not sign it */
  async issueForRequest(certificateSigningRequest: unknown, principalId: string, clientId?: string): Promise<string> {
    const request = await readSigningRequest(certificateSigningRequest);
    const provider = this.#provider();
    if (!provider || !this.#lambda) return this.#authority.issueForRequest(request);
    const invocation = await this.#lambda.invoke(
      provider.value.lambdaFunctionArn,
      {
        certificateSigningRequest,
        principalId,
        certificateProviderName: provider.name,
        ...(clientId !== undefined && { clientId }),
      },
      { service: 'iot.amazonaws.com', sourceArn: provider.arn },
    );
    return certificatePemOf(invocation.functionError ? undefined : invocation.payload, provider.name);
  }

  #provider() {
    for (const provider of this.#registry.definitions.certificateProviders.table.values()) {
      if (provider.value.accountDefaultForOperations.includes('CreateCertificateFromCsr')) return provider;
    }
    return undefined;
  }
}

function certificatePemOf(payload: string | undefined, providerName: string): string {
  try {
    const { certificatePem } = JSON.parse(payload ?? '') as { certificatePem?: unknown };
    if (typeof certificatePem === 'string') return certificatePem;
  } catch {
    // Said below.
  }
  throw invalidRequest(`The certificate provider ${providerName} did not return a certificate`);
}
