import { AwsError } from '../../endpoint/service.ts';

export type TopicConfigs = Readonly<Record<string, string>>;

/**
 * Settings of brokers that are defaults of topics, as MSK configurations set them. The local broker serves whatever the
 * clusters say, so their defaults are given to each topic instead.
 */
const TOPIC_DEFAULTS: Readonly<Record<string, string>> = {
  'compression.type': 'compression.type',
  'log.cleanup.policy': 'cleanup.policy',
  'log.message.timestamp.type': 'message.timestamp.type',
  'log.retention.bytes': 'retention.bytes',
  'log.retention.ms': 'retention.ms',
  'log.segment.bytes': 'segment.bytes',
  'message.max.bytes': 'max.message.bytes',
};
const MINUTE_MS = 60_000;

/**
 * Reads the `Configs` of a topic: base64 of a JSON object or of `key=value` lines.
 *
 * @throws AwsError BadRequestException
 */
export function decodeConfigs(encoded: string | undefined): TopicConfigs {
  if (encoded === undefined || encoded === '') return {};
  const text = Buffer.from(encoded, 'base64').toString('utf8').trim();
  if (Buffer.from(encoded, 'base64').toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    throw invalid();
  return text.startsWith('{') ? fromJson(text) : parseProperties(text);
}

export function encodeConfigs(configs: TopicConfigs): string {
  return Buffer.from(JSON.stringify(configs)).toString('base64');
}

/** `key=value` lines; empty lines and those that begin with `#` or `!` are comments. */
export function parseProperties(text: string): TopicConfigs {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const settings = lines.filter((line) => line !== '' && !/^[#!]/.test(line));
  return Object.fromEntries(
    settings.map((line) => {
      const separator = line.indexOf('=');
      if (separator < 1) throw invalid();
      return [line.slice(0, separator).trim(), line.slice(separator + 1).trim()];
    }),
  );
}

/** What topics of a cluster with these server properties have unless they say otherwise. */
export function topicDefaults(serverProperties: TopicConfigs): TopicConfigs {
  const defaults = Object.entries(TOPIC_DEFAULTS).filter(([server]) => serverProperties[server] !== undefined);
  const configs = Object.fromEntries(defaults.map(([server, topic]) => [topic, serverProperties[server]!]));
  const { 'log.retention.hours': hours, 'log.retention.minutes': minutes } = serverProperties;
  if (configs['retention.ms'] !== undefined || (hours === undefined && minutes === undefined)) return configs;
  const retention = minutes === undefined ? Number(hours) * 60 : Number(minutes);
  return { ...configs, 'retention.ms': String(retention < 0 ? -1 : retention * MINUTE_MS) };
}

/**
 * The settings as one local broker can keep them: with a single replica, more than one in sync would refuse every write
 * with acks=all.
 */
export function localConfigs(defaults: TopicConfigs, configs: TopicConfigs): Record<string, string> {
  const { 'min.insync.replicas': _oneReplica, ...rest } = { ...defaults, ...configs };
  return rest;
}

function fromJson(text: string): TopicConfigs {
  try {
    const object = JSON.parse(text) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, String(value)]));
  } catch {
    throw invalid();
  }
}

function invalid(): AwsError {
  return new AwsError('BadRequestException', 'Configs must be base64 of a JSON object or of key=value lines.', 400, {
    invalidParameter: 'configs',
  });
}
