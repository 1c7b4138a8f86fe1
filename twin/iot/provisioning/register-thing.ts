import { AwsError } from '../../endpoint/service.ts';
import type { CertificateRecord } from '../certificates/certificates.ts';
import { conflictingResourceUpdate, resourceRegistrationFailure } from '../registry/failures.ts';
import { registerWithCa } from '../registry/operations/certificates.ts';
import type { Registry } from '../registry/registry.ts';
import type { ResourceArns } from './apply.ts';
import { applyPlan } from './apply.ts';
import { UnresolvedTemplate } from './intrinsics.ts';
import type { CertificateIssuer } from './issuer.ts';
import type { PlannedCertificate, ProvisioningPlan } from './plan.ts';
import { planOf } from './plan.ts';
import { parseTemplate } from './template.ts';

/**
 * RegisterThing of the control plane, and each line of a bulk registration: carries out a template in the caller's name.
 *
 * @throws AwsError InvalidRequestException (template), ConflictingResourceUpdateException (override setting FAIL),
 *   ResourceRegistrationFailureException (anything else that does not fit)
 */
export async function registerThing(
  registry: Registry,
  issuer: CertificateIssuer,
  templateBody: unknown,
  parameters: Readonly<Record<string, string>>,
  principalId: string,
): Promise<{ certificatePem?: string; resourceArns: ResourceArns }> {
  const plan = planned(templateBody, parameters);
  try {
    const signed = plan.certificate?.certificateSigningRequest;
    const issuedPem = signed === undefined ? undefined : await issuer.issueForRequest(signed, principalId);
    return registry.atomically(() => {
      const certificate = plan.certificate && certificateOf(registry, plan.certificate, issuedPem);
      const resourceArns = applyPlan(registry, plan, certificate);
      return { ...(certificate && { certificatePem: certificate.certificatePem }), resourceArns };
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw error.code === 'ResourceConflictException'
      ? conflictingResourceUpdate(error.message)
      : resourceRegistrationFailure(error.message);
  }
}

function planned(templateBody: unknown, parameters: Readonly<Record<string, string>>): ProvisioningPlan {
  const body = parseTemplate(templateBody, 'BULK');
  try {
    return planOf(body, parameters);
  } catch (error) {
    throw error instanceof UnresolvedTemplate ? resourceRegistrationFailure(error.message) : error;
  }
}

function certificateOf(registry: Registry, plan: PlannedCertificate, issuedPem: string | undefined): CertificateRecord {
  if (plan.certificateId !== undefined) return registry.certificates.describe(plan.certificateId);
  // Registered as pending, so that the plan's own status is given to it.
  const status = 'PENDING_ACTIVATION';
  if (issuedPem !== undefined) return registry.certificates.register({ certificatePem: issuedPem, status });
  const { certificatePem, caCertificatePem } = plan;
  return registerWithCa(registry, {
    certificatePem,
    ...(caCertificatePem !== undefined && { caCertificatePem }),
    status,
  });
}
