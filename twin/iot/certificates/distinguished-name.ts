import type { X509Certificate } from 'node:crypto';

/** Values by field name, as policy variables and just-in-time provisioning name them, e.g. `CommonName`. */
export type DistinguishedName = Readonly<Record<string, readonly string[]>>;

/**
 * OpenSSL's short names -> the field names of `iot:Certificate.Subject.*` and `iot:Certificate.Issuer.*` (developer
 * guide, "X.509 certificate AWS IoT Core policy variables").
 */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  C: 'Country',
  O: 'Organization',
  OU: 'OrganizationalUnit',
  dnQualifier: 'DistinguishedNameQualifier',
  ST: 'State',
  CN: 'CommonName',
  serialNumber: 'SerialNumber',
  title: 'Title',
  SN: 'Surname',
  GN: 'GivenName',
  initials: 'Initials',
  pseudonym: 'Pseudonym',
  generationQualifier: 'GenerationQualifier',
};

/** Subject and issuer of a certificate; fields that AWS does not name are left out. */
export function namesOf(certificate: X509Certificate): { subject: DistinguishedName; issuer: DistinguishedName } {
  const { subject, issuer } = certificate.toLegacyObject();
  return { subject: fieldsOf(subject), issuer: fieldsOf(issuer) };
}

function fieldsOf(name: object | undefined): DistinguishedName {
  const fields: Record<string, readonly string[]> = {};
  for (const [short, value] of Object.entries(name ?? {}) as [string, string | string[]][]) {
    const field = FIELD_NAMES[short];
    if (field) fields[field] = typeof value === 'string' ? [value] : [...value];
  }
  return fields;
}
