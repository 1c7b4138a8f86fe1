import {
  accountNamedIn,
  decide,
  inAccount,
  iotAction,
  parsePolicyDocument,
  requireConnectAttributes,
  resourceArn,
  type CertificateFacts,
  type CertificateFields,
  type ConnectionFacts,
  type Policy,
  type PolicyRequest,
} from '../twin/iot/policy/index.ts';
import type { Account } from '../twin/account.ts';

/** A question about policies, ready to be decided. */
export interface PolicyQuestion {
  readonly policies: readonly Policy[];
  readonly request: PolicyRequest;
  readonly connection: ConnectionFacts;
  readonly account: Account;
}

export interface PolicyQuestionInput {
  readonly documents: readonly { readonly name: string; readonly document: unknown }[];
  /** Action as policies name it; `iot:` may be left out. */
  readonly action: string;
  /** Bare topic, filter, client ID, …; or an ARN. */
  readonly resource: string;
  readonly connection: ConnectionFacts;
  /** See `requireConnectAttributes`. */
  readonly strictConnect?: boolean;
}

/**
 * The request is asked in the account and Region that the policies name first; ARNs of other accounts are read as if
 * they were of that one, so that any published example can be tried as it stands.
 *
 * @throws Error that names the malformed policy and its element, or the unknown action
 */
export function policyQuestion(input: PolicyQuestionInput): PolicyQuestion {
  const documents = input.documents.map(({ name, document }) => {
    const json: unknown = typeof document === 'string' ? tryJson(document) : document;
    return { name, json };
  });
  const account = accountNamedIn(documents.map(({ json }) => json));
  const policies = documents.map(({ name, json }) => {
    const policy = parsed(inAccount(json, account), name);
    return input.strictConnect ? requireConnectAttributes(policy) : policy;
  });
  const action = iotAction(input.action);
  if (!action) throw new Error(`request.action "${input.action}" is not an action of AWS IoT Core policies`);
  const resource = input.resource.startsWith('arn:')
    ? (inAccount(input.resource, account) as string)
    : resourceArn(action, input.resource, account);
  return { policies, request: { action, resource }, connection: input.connection, account };
}

function parsed(document: unknown, name: string): Policy {
  try {
    return parsePolicyDocument(document, name);
  } catch (error) {
    throw new Error(`policy ${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** Text that is not JSON stays text: the parser of policies says what is wrong with it. */
function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown, where: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${where} must be an object`);
  return value as Json;
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new Error(`${where} must be a string`);
  return value;
}

function texts(value: unknown, where: string): string[] {
  if (!Array.isArray(value)) throw new Error(`${where} must be a list of strings`);
  return value.map((item, index) => text(item, `${where}[${index}]`));
}

/** Reads an optional member; `null` counts as left out. */
function optional<T>(
  from: Json,
  name: string,
  where: string,
  read: (value: unknown, where: string) => T,
): T | undefined {
  const value = from[name];
  return value === undefined || value === null ? undefined : read(value, `${where}.${name}`);
}

function fields(value: unknown, where: string): CertificateFields {
  const entries = Object.entries(object(value, where));
  return Object.fromEntries(
    entries.map(([name, item]) => [name, typeof item === 'string' ? [item] : texts(item, `${where}.${name}`)]),
  );
}

function attributes(value: unknown, where: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object(value, where)).map(([name, item]) => [name, text(item, `${where}.${name}`)]),
  );
}

function certificate(value: unknown, where: string): CertificateFacts {
  const json = object(value, where);
  return {
    subject: optional(json, 'subject', where, fields),
    issuer: optional(json, 'issuer', where, fields),
    serialNumber: optional(json, 'serialNumber', where, text),
    alternativeName: optional(json, 'alternativeName', where, fields),
    issuerAlternativeName: optional(json, 'issuerAlternativeName', where, fields),
  };
}

function flag(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`${where} must be true or false`);
  return value;
}

function principalType(value: unknown, where: string): 'EXCLUSIVE_THING' | 'NON_EXCLUSIVE_THING' {
  if (value !== 'EXCLUSIVE_THING' && value !== 'NON_EXCLUSIVE_THING') {
    throw new Error(`${where} must be "EXCLUSIVE_THING" or "NON_EXCLUSIVE_THING"`);
  }
  return value;
}

function connection(value: unknown): ConnectionFacts {
  const json = object(value, 'connection');
  const get = <T>(name: string, read: (value: unknown, where: string) => T): T | undefined =>
    optional(json, name, 'connection', read);
  return {
    clientId: text(json['clientId'], 'connection.clientId'),
    thingName: get('thingName', text),
    isAttached: get('isAttached', flag),
    thingPrincipalType: get('thingPrincipalType', principalType),
    thingTypeName: get('thingTypeName', text),
    thingAttributes: get('thingAttributes', attributes),
    certificateId: get('certificateId', text),
    certificate: get('certificate', certificate),
    domain: get('domain', text),
    sourceIp: get('sourceIp', text),
    connectAttributes: get('connectAttributes', texts),
    lastWillTopic: get('lastWillTopic', text),
  };
}

/**
 * Answers one line of `iov policy --json`.
 *
 * @throws Error that names the member of the line that cannot be read
 */
export function answerPolicyLine(
  line: unknown,
  strictConnect = false,
): { decision: 'allow' | 'deny'; because: string } {
  const json = object(line, 'the line');
  const documents = json['policies'];
  if (!Array.isArray(documents)) throw new Error('policies must be a list of policy documents');
  const request = object(json['request'], 'request');
  const question = policyQuestion({
    documents: documents.map((document: unknown, index) => ({ name: `${index + 1}`, document })),
    action: text(request['action'], 'request.action'),
    resource: text(request['resource'], 'request.resource'),
    connection: connection(json['connection']),
    strictConnect,
  });
  const { effect, because } = decide(question.policies, question.request, question.connection, question.account);
  return { decision: effect, because };
}
