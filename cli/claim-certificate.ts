import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a device of one class needs to ask for a certificate of its own. */
export interface ClaimFiles {
  /** Name of the fleet provisioning template. */
  readonly template: string;
  readonly certificate: string;
  readonly privateKey: string;
}

export interface ClaimOptions {
  /** Of the IoT control plane. */
  readonly awsUrl: string;
  readonly region: string;
  readonly folder: string;
  readonly deviceClass: string;
  readonly template: string;
  readonly policy: string;
}

/**
 * Makes the claim certificate that devices leave the factory with, as an operator would with the AWS CLI:
 * create-keys-and-certificate and attach-policy. An earlier one that is still ACTIVE is kept.
 */
export async function ensureClaimCertificate(options: ClaimOptions): Promise<ClaimFiles> {
  const { IoTClient, AttachPolicyCommand, CreateKeysAndCertificateCommand, DescribeCertificateCommand } =
    await import('@aws-sdk/client-iot');
  const client = new IoTClient({
    endpoint: options.awsUrl,
    region: options.region,
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
  });
  const file = (suffix: string): string => join(options.folder, `claim-${options.deviceClass}.${suffix}`);
  const files: ClaimFiles = { template: options.template, certificate: file('pem'), privateKey: file('key') };
  const idFile = file('id');
  if (existsSync(idFile) && existsSync(files.certificate) && existsSync(files.privateKey)) {
    const certificateId = readFileSync(idFile, 'utf8');
    const found = await client.send(new DescribeCertificateCommand({ certificateId })).catch(() => undefined);
    if (found?.certificateDescription?.status === 'ACTIVE') return files;
  }
  const made = await client.send(new CreateKeysAndCertificateCommand({ setAsActive: true }));
  await client.send(new AttachPolicyCommand({ policyName: options.policy, target: made.certificateArn }));
  writeFileSync(files.privateKey, made.keyPair!.PrivateKey!, { mode: 0o600 });
  writeFileSync(files.certificate, made.certificatePem!);
  writeFileSync(idFile, made.certificateId!);
  return files;
}
