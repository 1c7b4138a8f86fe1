import { Readable } from 'node:stream';

import { readAddressedMember, writeHeaderMember } from './http-bindings.ts';
import { bytesOf } from './json-codec.ts';
import type { OperationModel, ServiceModel } from './model.ts';
import type { WireProtocol } from './protocol.ts';
import { S3Routes } from './s3-routes.ts';
import { AwsError } from './service.ts';
import type { Shape } from './shape.ts';
import { readXmlValue } from './xml-codec.ts';
import { readXml, XmlError } from './xml-reader.ts';
import { element, escapeXml, writeXmlMembers } from './xml-writer.ts';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const routesOf = new WeakMap<ServiceModel, S3Routes>();

/** S3's names for what every service may answer (API reference, "Error responses"). */
const S3_CODES: Readonly<Record<string, readonly [code: string, statusCode: number]>> = {
  AccessDeniedException: ['AccessDenied', 403],
  MissingAuthenticationTokenException: ['AccessDenied', 403],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  IncompleteSignatureException: ['AuthorizationHeaderMalformed', 400],
  ExpiredTokenException: ['ExpiredToken', 400],
  UnrecognizedClientException: ['InvalidToken', 400],
  RequestEntityTooLargeException: ['EntityTooLarge', 400],
  InternalFailure: ['InternalError', 500],
};

/** restXml as S3 speaks it: members travel as labels, query, headers and XML; object data is the body itself. */
export const restXmlProtocol: WireProtocol = {
  address(model, request) {
    let routes = routesOf.get(model);
    if (!routes) routesOf.set(model, (routes = new S3Routes(model.operations.values())));
    return routes.match(request) ?? { unknown: `${request.method} ${request.path}` };
  },

  readInput(addressed, request) {
    const input: Record<string, unknown> = {};
    let payload: [string, Shape] | undefined;
    for (const [name, member] of addressed.operation.input.members) {
      if (member.traits['httpPayload'] !== undefined) payload = [name, member];
      else readAddressedMember(name, member, addressed, request, input);
    }
    if (!payload) return input;
    const [name, member] = payload;
    if (member.kind === 'blob') input[name] = request.body;
    else if (member.kind === 'string') input[name] = request.body.toString('utf8');
    else if (request.body.length > 0) input[name] = readXmlValue(member, parseXml(request.body), name);
    return input;
  },

  writeOutput(model, operation, output, requestId) {
    const headers: Record<string, string> = { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId };
    let body: string | Buffer | Readable | undefined;
    for (const [name, member] of operation.output.members) {
      const value = output[name];
      if (value === undefined || value === null) continue;
      if (member.traits['httpPayload'] !== undefined) {
        if (member.kind === 'blob') body = value instanceof Readable ? value : bytesOf(value);
        else if (member.kind === 'string') body = String(value);
        else body = xmlDocument(model, rootName(member), writeXmlMembers(member, value as Record<string, unknown>));
      } else writeHeaderMember(member, value, headers);
    }
    body ??= bodyOf(model, operation, output);
    if (typeof body === 'string' && body.startsWith(DECLARATION)) headers['content-type'] ??= 'application/xml';
    return { statusCode: statusOf(operation, output), headers, body };
  },

  writeError(model, error, requestId) {
    const [code, statusCode] = S3_CODES[error.code] ?? [error.code, error.statusCode];
    const details = [
      ['Code', code],
      ['Message', error.message],
      ...Object.entries(error.members),
      ['RequestId', requestId],
      ['HostId', requestId],
    ];
    const content = details.map(([name, value]) => element(String(name), escapeXml(String(value)))).join('');
    return {
      statusCode: model?.errors.get(code)?.statusCode ?? statusCode,
      headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId, 'x-amz-id-2': requestId },
      body: statusCode === 304 ? '' : DECLARATION + element('Error', content),
    };
  },
};

function parseXml(body: Buffer): ReturnType<typeof readXml> {
  try {
    return readXml(body.toString('utf8'));
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
}

/** The members that travel neither as headers nor as the payload, under the output's own root. */
function bodyOf(model: ServiceModel, { name, output: shape }: OperationModel, output: Record<string, unknown>): string {
  // This one answer is its member's text under its member's name (Smithy trait aws.customizations#s3UnwrappedXmlOutput).
  if (name === 'GetBucketLocation')
    return xmlDocument(model, 'LocationConstraint', escapeXml(String(output['LocationConstraint'] ?? '')));
  const inBody = new Map([...shape.members].filter(([, { traits }]) => travelsInBody(traits)));
  if (inBody.size === 0) return '';
  return xmlDocument(model, rootName(shape), writeXmlMembers({ members: inBody }, output));
}

function travelsInBody(traits: Shape['traits']): boolean {
  return ['httpPayload', 'httpHeader', 'httpPrefixHeaders'].every((binding) => traits[binding] === undefined);
}

function rootName(shape: Shape): string {
  return String(shape.traits['xmlName'] ?? shape.name);
}

function xmlDocument(model: ServiceModel, name: string, content: string): string {
  return `${DECLARATION}<${name} xmlns="${model.xmlNamespace ?? ''}">${content}</${name}>`;
}

// A part of an object is 206, which the model cannot say.
function statusOf({ name, http }: OperationModel, output: Record<string, unknown>): number {
  if ((name === 'GetObject' || name === 'HeadObject') && output['ContentRange'] !== undefined) return 206;
  return http?.statusCode ?? 200;
}
