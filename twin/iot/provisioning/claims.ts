import { X509Certificate } from 'node:crypto';

import type { CertificateAuthority, KeyedCertificate } from '../certificates/authority.ts';
import { namesOf } from '../certificates/distinguished-name.ts';
import { certificateIdOf } from '../certificates/fingerprint.ts';
import { parsePolicyDocument } from '../policy/index.ts';
import { arn } from '../../account.ts';
import { iotArn } from '../registry/arns.ts';
import type { RegisteredConnection } from '../registry/connection-facts.ts';
import type { RegistryContext } from '../registry/context.ts';
import type { Table } from '../registry/table.ts';
import type { ProvisioningTemplates } from './templates.ts';

interface ClaimRecord {
  readonly certificatePem: string;
  readonly templateName: string;
  readonly expiresAt: number;
}

export interface ProvisioningClaim extends KeyedCertificate {
  readonly certificateId: string;
  readonly expiresAt: number;
}

/** Developer guide, "Provisioning by trusted user": a temporary claim is good for five minutes. */
const LIFETIME_MS = 5 * 60_000;

/**
 * Temporary claim certificates (CreateProvisioningClaim). They are in no listing of certificates and have no policy of
 * their own: they may use the provisioning topics of their template, for five minutes.
 */
export class ProvisioningClaims {
  readonly #context: RegistryContext;
  readonly #templates: ProvisioningTemplates;
  readonly #authority: CertificateAuthority;
  readonly #table: Table<ClaimRecord>;

  constructor(context: RegistryContext, templates: ProvisioningTemplates, authority: CertificateAuthority) {
    this.#context = context;
    this.#templates = templates;
    this.#authority = authority;
    this.#table = context.tables.open<ClaimRecord>('iot.provisioning-claims');
  }

  /** @throws AwsError ResourceNotFoundException */
  async create(templateName: string): Promise<ProvisioningClaim> {
    this.#templates.describe(templateName);
    this.#forgetExpired();
    const expiresAt = this.#context.clock.now() + LIFETIME_MS;
    const keyed = await this.#authority.issueWithNewKeys('CN=AWS IoT Provisioning Claim', expiresAt);
    const certificateId = certificateIdOf(new X509Certificate(keyed.certificatePem).raw);
    this.#table.set(certificateId, { certificatePem: keyed.certificatePem, templateName, expiresAt });
    return { ...keyed, certificateId, expiresAt };
  }

  /** Facts and implied policy of a claim that is still good. */
  connectionFacts(certificateId: string, clientId: string): RegisteredConnection | undefined {
    const claim = this.#table.get(certificateId);
    if (!claim || claim.expiresAt <= this.#context.clock.now()) return undefined;
    const { account } = this.#context;
    const document = JSON.stringify(impliedPolicy((resource) => arn(account, 'iot', resource), claim.templateName));
    const policyName = `provisioning-claim-${claim.templateName}`;
    return {
      certificateId,
      principal: iotArn(account, 'cert', certificateId),
      facts: {
        clientId,
        certificateId,
        certificate: namesOf(new X509Certificate(claim.certificatePem)),
        isAttached: false,
      },
      policies: [
        {
          policyName,
          policyArn: iotArn(account, 'policy', policyName),
          versionId: '1',
          document,
          policy: parsePolicyDocument(document, policyName),
        },
      ],
      propagatedUserProperties: [],
    };
  }

  #forgetExpired(): void {
    const now = this.#context.clock.now();
    for (const certificateId of this.#table.keys.sorted()) {
      if (this.#table.get(certificateId)!.expiresAt <= now) this.#table.delete(certificateId);
    }
  }
}

/** What a claim needs to provision by one template (developer guide, "Provisioning by claim", claim policy). */
function impliedPolicy(arnOf: (resource: string) => string, templateName: string): object {
  const topics = [
    'certificates/create/*',
    'certificates/create-from-csr/*',
    `provisioning-templates/${templateName}/provision/*`,
  ];
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'iot:Connect', Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['iot:Publish', 'iot:Receive'],
        Resource: topics.map((topic) => arnOf(`topic/$aws/${topic}`)),
      },
      { Effect: 'Allow', Action: 'iot:Subscribe', Resource: topics.map((topic) => arnOf(`topicfilter/$aws/${topic}`)) },
    ],
  };
}
