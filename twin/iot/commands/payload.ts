import { encodePayload } from '../provisioning/payload.ts';
import type { CommandDefinition, CommandParameter, ParameterValue } from './command.ts';
import { invalid } from './failures.ts';
import { plainValue } from './parameters.ts';

export interface CommandMessage {
  readonly payload: Buffer;
  readonly contentType: string;
  /** Last level of the request topic; none for content that is neither JSON nor CBOR. */
  readonly format?: 'json' | 'cbor';
}

const LARGEST_PAYLOAD = 32_768;
const PARAMETER = 'parameter:';
const PLACEHOLDER = /\$\{aws:iot:commandexecution::([^}]*)\}/g;
const TIMEOUT = 'executionTimeoutSec';
const FORMATS: Readonly<Record<string, 'json' | 'cbor'>> = { 'application/json': 'json', 'application/cbor': 'cbor' };

/** @throws AwsError ValidationException unless there is one payload, or one template whose placeholders are parameters */
export function checkPayload(definition: CommandDefinition): void {
  const { payload, payloadTemplate, preprocessor, mandatoryParameters = [] } = definition;
  if ((payload === undefined) === (payloadTemplate === undefined))
    throw invalid('A command needs either a payload or a payloadTemplate');
  if (payload) {
    const size = Buffer.from(payload.content, 'base64').length;
    if (size === 0 || size > LARGEST_PAYLOAD) throw invalid(`A payload has 1 to ${LARGEST_PAYLOAD} bytes`);
    if (preprocessor) throw invalid('A preprocessor needs a payloadTemplate');
    return;
  }
  if (!preprocessor?.awsJsonSubstitution) throw invalid('A payloadTemplate needs the preprocessor awsJsonSubstitution');
  checkTemplate(payloadTemplate!, mandatoryParameters);
}

function checkTemplate(template: string, parameters: readonly CommandParameter[]): void {
  if (Buffer.byteLength(template) > LARGEST_PAYLOAD)
    throw invalid(`A payloadTemplate has at most ${LARGEST_PAYLOAD} bytes`);
  try {
    JSON.parse(template);
  } catch (error) {
    throw invalid(`The payloadTemplate is not JSON: ${(error as Error).message}`);
  }
  const placeholders = [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!);
  if (placeholders.length === 0) throw invalid('A payloadTemplate needs at least one placeholder');
  for (const placeholder of placeholders) {
    if (placeholder === TIMEOUT) continue;
    const name = placeholder.startsWith(PARAMETER) ? placeholder.slice(PARAMETER.length) : undefined;
    if (name === undefined || !parameters.some((parameter) => parameter.name === name))
      throw invalid(`The placeholder \${aws:iot:commandexecution::${placeholder}} is no parameter of the command`);
  }
}

/**
 * What the device is sent. A text that is one placeholder becomes the value with its type; a placeholder within a text
 * becomes part of that text (developer guide, "Payload template").
 */
export async function messageOf(
  definition: CommandDefinition,
  parameters: Readonly<Record<string, ParameterValue>>,
  timeoutSeconds: number,
): Promise<CommandMessage> {
  const { payload, payloadTemplate, preprocessor } = definition;
  if (payload) {
    const format = FORMATS[payload.contentType];
    const content = Buffer.from(payload.content, 'base64');
    return { payload: content, contentType: payload.contentType, ...(format && { format }) };
  }
  const valueOf = (placeholder: string): string | number | boolean =>
    placeholder === TIMEOUT ? timeoutSeconds : plainValue(parameters[placeholder.slice(PARAMETER.length)]!);
  const filled = substituted(JSON.parse(payloadTemplate!), valueOf) as Record<string, unknown>;
  const format = preprocessor?.awsJsonSubstitution?.outputFormat === 'CBOR' ? 'cbor' : 'json';
  return { payload: await encodePayload(format, filled), contentType: `application/${format}`, format };
}

function substituted(value: unknown, valueOf: (placeholder: string) => string | number | boolean): unknown {
  if (Array.isArray(value)) return value.map((element) => substituted(element, valueOf));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, substituted(member, valueOf)]));
  if (typeof value !== 'string') return value;
  const [whole] = value.matchAll(PLACEHOLDER);
  if (whole && whole[0] === value) return valueOf(whole[1]!);
  return value.replace(PLACEHOLDER, (_, placeholder: string) => String(valueOf(placeholder)));
}
