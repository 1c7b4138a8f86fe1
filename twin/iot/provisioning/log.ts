export type ProvisioningOperation =
  'CreateKeysAndCertificate' | 'CreateCertificateFromCsr' | 'RegisterThing' | 'RegisterDeviceCertificate';

/** One entry of AWS IoT logging about provisioning, before its time stamp and account are added. */
export interface ProvisioningLogEntry {
  readonly logLevel: 'INFO' | 'ERROR';
  readonly eventType: ProvisioningOperation;
  readonly status: 'Success' | 'Failure';
  readonly clientId?: string;
  readonly principalId?: string;
  readonly templateName?: string;
  readonly deviceCertificateId?: string;
  readonly thingName?: string;
  /** Error code as the device was told. */
  readonly reason?: string;
  /** Why, in words that the device is not told. */
  readonly details?: string;
}

export interface ProvisioningLog {
  write(entry: ProvisioningLogEntry): void;
}
