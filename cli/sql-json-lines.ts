import type { PublicationProperties } from '../twin/iot/publication.ts';
import { DEFAULT_SQL_VERSION, SQL_VERSIONS, type SqlVersion, type Value } from '../twin/iot/sql/index.ts';
import { evaluate, outputForJson, type GivenMessage } from './sql-message.ts';

type Fields = Readonly<Record<string, Value>>;

/**
 * Answers one question of `iov sql --json`: `{"id", "sql", "topic", "payload", …}` becomes `{"fires", "output"}`.
 * @param question as `parseJsonValue` reads it: numbers keep their digits and their ".0", as either SQL version may read the payload
 * @throws Error where it is no such question, or the statement is no IoT SQL
 */
export async function answerSqlQuestion(question: unknown): Promise<Record<string, unknown>> {
  if (!isFields(question as Value)) throw new Error('a line must be a JSON object');
  const fields = question as Fields;
  const outcome = await evaluate(requireText(fields, 'sql'), versionOf(fields), messageOf(fields));
  return 'failed' in outcome || !outcome.fires
    ? { fires: false }
    : { fires: true, output: outputForJson(outcome.output) };
}

function messageOf(question: Fields): GivenMessage {
  const protocol = question['protocol'] ?? 'mqtt';
  if (protocol !== 'mqtt' && protocol !== 'http') throw new Error('"protocol" is neither "mqtt" nor "http"');
  return {
    topic: requireText(question, 'topic'),
    payload: payloadOf(question['payload']),
    protocol,
    clientId: optionalText(question, 'clientId'),
    principal: optionalText(question, 'principal'),
    sourceIp: optionalText(question, 'sourceIp'),
    properties: propertiesOf(question['mqtt']),
  };
}

/** An object whose one key is `base64` is bytes; any other JSON is the payload itself. */
function payloadOf(payload: Value): Buffer {
  if (payload === undefined) return Buffer.alloc(0);
  if (isFields(payload) && typeof payload['base64'] === 'string' && Object.keys(payload).length === 1) {
    return Buffer.from(payload['base64'], 'base64');
  }
  return Buffer.from(JSON.stringify(payload));
}

function propertiesOf(mqtt: Value): PublicationProperties | undefined {
  if (mqtt === undefined || mqtt === null) return undefined;
  if (!isFields(mqtt)) throw new Error('"mqtt" is not an object of MQTT 5 properties');
  return {
    contentType: optionalText(mqtt, 'contentType'),
    responseTopic: optionalText(mqtt, 'responseTopic'),
    correlationData: correlationDataOf(mqtt['correlationData']),
    payloadFormatIndicator: isUtf8Indicator(mqtt['payloadFormatIndicator']),
    userProperties: userPropertiesOf(mqtt['userProperties']),
  };
}

/** `{"base64"}`, or base64 alone as AWS's own APIs carry it in JSON; text that is no base64 stands for itself. */
function correlationDataOf(data: Value): Buffer | undefined {
  if (data === undefined || data === null) return undefined;
  const text = isFields(data) ? requireText(data, 'base64') : data;
  if (typeof text !== 'string') throw new Error('"correlationData" is neither a string nor {"base64"}');
  const bytes = Buffer.from(text, 'base64');
  return isFields(data) || bytes.toString('base64') === text ? bytes : Buffer.from(text);
}

/** MQTT's 0 and 1, a Boolean, or the names that AWS's APIs give them. */
function isUtf8Indicator(indicator: Value): boolean {
  return indicator === true || indicator === 1 || indicator === 'UTF8_DATA';
}

function userPropertiesOf(pairs: Value): [string, string][] | undefined {
  if (pairs === undefined || pairs === null) return undefined;
  if (!Array.isArray(pairs)) throw new Error('"userProperties" is not an array of [key, value] pairs');
  return pairs.map((pair: Value) => {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') {
      throw new Error('"userProperties" is not an array of [key, value] pairs');
    }
    return [pair[0], pair[1]];
  });
}

function versionOf(question: Fields): SqlVersion {
  const version = question['sqlVersion'] ?? DEFAULT_SQL_VERSION;
  const known = SQL_VERSIONS.find((candidate) => candidate === version);
  if (!known) throw new Error(`"sqlVersion" is none of ${SQL_VERSIONS.join(', ')}`);
  return known;
}

function requireText(fields: Fields, key: string): string {
  const text = optionalText(fields, key);
  if (text === undefined) throw new Error(`"${key}" is missing`);
  return text;
}

function optionalText(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Error(`"${key}" is not a string`);
  return value;
}

function isFields(value: Value): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
