import type { WireProtocol } from './protocol.ts';
import { readForm } from './query-codec.ts';
import { element, escapeXml, writeXmlMembers } from './xml-writer.ts';

/** Namespaces of services that have moved from the query protocol to JSON but still answer old clients. */
const FORMER_XML_NAMESPACES: Readonly<Record<string, string>> = {
  'com.amazonaws.sqs': 'http://queue.amazonaws.com/doc/2012-11-05/',
};

/** awsQuery: a form whose `Action` names the operation; answers are XML. */
export const queryProtocol: WireProtocol = {
  address(model, request) {
    const name = parameters(request).get('Action') ?? '';
    const operation = model.operations.get(name);
    return operation ? { operation, labels: {} } : { unknown: name || '(no Action parameter)' };
  },

  readInput({ operation }, request) {
    const form = parameters(request);
    const input = readForm(operation.input, form);
    // Old SQS clients post to the queue's own URL instead of naming it in the form.
    if (operation.input.members.has('QueueUrl') && input['QueueUrl'] === undefined && request.path.length > 1) {
      input['QueueUrl'] = request.path;
    }
    return input;
  },

  writeOutput(model, operation, output, requestId) {
    const namespace = model.xmlNamespace ?? FORMER_XML_NAMESPACES[model.namespace] ?? '';
    const result =
      operation.output.kind === 'unit'
        ? ''
        : element(`${operation.name}Result`, writeXmlMembers(operation.output, output));
    const metadata = element('ResponseMetadata', element('RequestId', requestId));
    return {
      statusCode: 200,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: `<${operation.name}Response xmlns="${namespace}">${result}${metadata}</${operation.name}Response>`,
    };
  },

  writeError(model, error, requestId) {
    const code = model?.errors.get(error.code)?.queryCode ?? error.code;
    const details =
      element('Type', error.statusCode < 500 ? 'Sender' : 'Receiver') +
      element('Code', escapeXml(code)) +
      element('Message', escapeXml(error.message));
    return {
      statusCode: error.statusCode,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
      body: `<ErrorResponse>${element('Error', details)}${element('RequestId', requestId)}</ErrorResponse>`,
    };
  },
};

function parameters(request: { readonly query: URLSearchParams; readonly body: Buffer }): URLSearchParams {
  return request.body.length > 0 ? new URLSearchParams(request.body.toString('utf8')) : request.query;
}
