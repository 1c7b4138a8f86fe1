import { arn, type Account } from '../../account.ts';
import type { RequestContext } from '../../policy-language/context.ts';

/** Values of certificate fields by their names in policies (`CommonName`, `Country`, …). */
export type CertificateFields = Readonly<Record<string, readonly string[] | string>>;

export interface CertificateFacts {
  readonly subject?: CertificateFields;
  readonly issuer?: CertificateFields;
  readonly serialNumber?: string;
  /** Subject alternative names: `DNSName`, `RFC822Name`, `IPAddress`, `UniformResourceIdentifier`, `DirectoryName`. */
  readonly alternativeName?: CertificateFields;
  readonly issuerAlternativeName?: CertificateFields;
}

/** What a connection tells its policies. */
export interface ConnectionFacts {
  readonly clientId: string;
  /**
   * The thing that the principal is attached to. It counts as the connection's thing only when the attachment is
   * exclusive or the client ID is its name (IoT guide, "Associating an AWS IoT thing to an MQTT client connection").
   */
  readonly thingName?: string;
  /** Whether the principal is attached to that thing; taken as true when a thing is named and this is left out. */
  readonly isAttached?: boolean;
  readonly thingPrincipalType?: 'EXCLUSIVE_THING' | 'NON_EXCLUSIVE_THING';
  readonly thingTypeName?: string;
  readonly thingAttributes?: Readonly<Record<string, string>>;
  readonly certificateId?: string;
  readonly certificate?: CertificateFacts;
  /** Host name that the client asked for (SNI). */
  readonly domain?: string;
  readonly sourceIp?: string;
  /** `PersistentConnect`, `LastWill`: features that the CONNECT packet asks for. */
  readonly connectAttributes?: readonly string[];
  readonly lastWillTopic?: string;
}

/** The thing of the connection, if it has one: without it no thing policy variable has a value. */
export function thingOf(facts: ConnectionFacts): string | undefined {
  const exclusive = facts.thingPrincipalType === 'EXCLUSIVE_THING';
  if (facts.isAttached === false) return undefined;
  if (facts.thingName === undefined) return facts.isAttached && !exclusive ? facts.clientId : undefined;
  return exclusive || facts.thingName === facts.clientId ? facts.thingName : undefined;
}

function listOf(value: readonly string[] | string): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/**
 * X.509 policy variables: the bare name gives the first value, `.1` the second, `.List` all of them
 * (IoT guide, "X.509 Certificate AWS IoT Core policy variables").
 */
function addCertificate(keys: Map<string, readonly string[]>, certificate: CertificateFacts): void {
  const available: string[] = [];
  const add = (prefix: string, fields: CertificateFields | undefined): void => {
    for (const [field, value] of Object.entries(fields ?? {})) {
      const values = listOf(value);
      if (values.length === 0) continue;
      const name = `iot:Certificate.${prefix}${field}`;
      available.push(name);
      const key = name.toLowerCase();
      keys.set(key, [values[0]!]);
      keys.set(`${key}.list`, values);
      values.forEach((item, index) => keys.set(`${key}.${index}`, [item]));
    }
  };
  add('Subject.', certificate.subject);
  add('Issuer.', certificate.issuer);
  add('Subject.AlternativeName.', certificate.alternativeName);
  add('Issuer.AlternativeName.', certificate.issuerAlternativeName);
  if (certificate.serialNumber !== undefined) add('', { SerialNumber: certificate.serialNumber });
  keys.set('iot:certificate.availablekeys', available);
}

function addThing(keys: Map<string, readonly string[]>, facts: ConnectionFacts): void {
  const thing = thingOf(facts);
  keys.set('iot:connection.thing.isattached', [String(thing !== undefined)]);
  if (thing === undefined) return;
  keys.set('iot:connection.thing.thingname', [thing]);
  if (facts.thingTypeName !== undefined) keys.set('iot:connection.thing.thingtypename', [facts.thingTypeName]);
}

const ATTRIBUTE = /^iot:connection\.thing\.attributes\[(.*)\]$/i;

/** Key names are case-insensitive, names of thing attributes are not. */
function attributeOf(facts: ConnectionFacts, key: string): readonly string[] | undefined {
  const name = ATTRIBUTE.exec(key)?.[1];
  if (name === undefined || thingOf(facts) === undefined) return undefined;
  const attributes = facts.thingAttributes ?? {};
  return Object.hasOwn(attributes, name) ? [attributes[name]!] : undefined;
}

/** Keys that say what CONNECT asks for; other actions do not carry them. */
function addConnect(keys: Map<string, readonly string[]>, facts: ConnectionFacts, account: Account): void {
  keys.set('iot:connectattributes', facts.connectAttributes ?? []);
  const will = facts.lastWillTopic;
  if (will !== undefined)
    keys.set('iot:lastwilltopic', [will.startsWith('arn:') ? will : arn(account, 'iot', `topic/${will}`)]);
}

/** The condition keys and policy variables that AWS IoT Core documents, for one connection and one action. */
export function connectionContext(facts: ConnectionFacts, action: string, account: Account): RequestContext {
  const keys = new Map<string, readonly string[]>([['iot:clientid', [facts.clientId]]]);
  const single = (key: string, value: string | undefined): void => void (value !== undefined && keys.set(key, [value]));
  single('aws:sourceip', facts.sourceIp);
  single('iot:domainname', facts.domain);
  single('iot:certificateid', facts.certificateId);
  addThing(keys, facts);
  if (facts.certificate) addCertificate(keys, facts.certificate);
  if (action.toLowerCase() === 'iot:connect') addConnect(keys, facts, account);
  return { values: (key) => keys.get(key.toLowerCase()) ?? attributeOf(facts, key) };
}
