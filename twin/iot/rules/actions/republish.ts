import { arn } from '../../../account.ts';
import type { PublicationProperties, PublicationSource } from '../../publication.ts';
import { compileTemplate } from '../../sql/index.ts';
import { DefinitionReader, evaluate, invalid, required, type ActionFactory, type ActionInvocation } from './action.ts';

/** A message republished this often has come round in a circle; on AWS it would go on, and be billed. */
const MOST_REPUBLISHES = 10;

/** How often the message that came from this source has been republished. */
const rounds = new WeakMap<PublicationSource, number>();

/** Publishes the output to another topic (Developer Guide, "Republish"). A topic that begins with `$$` means `$`. */
export const republishAction: ActionFactory = (definition, { account, clock, ports, sqlVersion }) => {
  const read = new DefinitionReader('republish', definition, sqlVersion);
  const roleArn = read.text('roleArn');
  const topicTemplate = read.template('topic');
  const qos = Number(definition['qos'] ?? 0);
  if (qos !== 0 && qos !== 1) throw invalid('The qos of a republish action is 0 or 1.');
  const headers = compileHeaders((definition['headers'] ?? {}) as Record<string, unknown>, sqlVersion);
  const publish = required(ports.publish, 'republish');

  return {
    name: 'RepublishAction',
    resource: read.text('topic'),
    async run(invocation) {
      const topic = (await evaluate(topicTemplate, invocation)).replace(/^\$\$/, '$');
      if (topic === '' || /[+#\0]/.test(topic)) throw new Error(`"${topic}" is not a topic to publish to.`);
      ports.authorizeRole?.(roleArn, 'iot:Publish', arn(account, 'iot', `topic/${topic}`));
      const round = (rounds.get(invocation.message.source) ?? 0) + 1;
      if (round > MOST_REPUBLISHES)
        throw new Error(`The message has been republished ${MOST_REPUBLISHES} times: rules form a loop.`);
      const source: PublicationSource = { protocol: 'service' };
      rounds.set(source, round);
      const properties = await evaluateHeaders(headers, invocation);
      const payload = invocation.output.bytes();
      await publish({ topic, payload, qos, retain: false, properties, source, receivedAt: clock.now() });
    },
  };
};

type Compiled = ReturnType<typeof compileTemplate>;

interface Headers {
  readonly scalars: ReadonlyMap<string, Compiled>;
  readonly userProperties: readonly (readonly [Compiled, Compiled])[];
}

const SCALARS = ['payloadFormatIndicator', 'contentType', 'responseTopic', 'correlationData', 'messageExpiry'];

function compileHeaders(headers: Record<string, unknown>, version: Parameters<typeof compileTemplate>[1]): Headers {
  const scalars = new Map<string, Compiled>();
  for (const name of SCALARS) {
    if (headers[name] !== undefined) scalars.set(name, compileTemplate(String(headers[name]), version));
  }
  const pairs = (headers['userProperties'] ?? []) as { key: unknown; value: unknown }[];
  const userProperties = pairs.map(
    ({ key, value }) => [compileTemplate(String(key), version), compileTemplate(String(value), version)] as const,
  );
  return { scalars, userProperties };
}

async function evaluateHeaders(
  headers: Headers,
  invocation: ActionInvocation,
): Promise<PublicationProperties | undefined> {
  if (headers.scalars.size === 0 && headers.userProperties.length === 0) return undefined;
  const texts = new Map<string, string>();
  for (const [name, template] of headers.scalars) texts.set(name, await evaluate(template, invocation));
  const userProperties: [string, string][] = [];
  for (const [key, value] of headers.userProperties)
    userProperties.push([await evaluate(key, invocation), await evaluate(value, invocation)]);
  const correlation = texts.get('correlationData');
  const expiry = texts.get('messageExpiry');
  return {
    payloadFormatIndicator: formatIndicator(texts.get('payloadFormatIndicator')),
    contentType: texts.get('contentType') || undefined,
    responseTopic: texts.get('responseTopic') || undefined,
    // API reference, MqttHeaders: correlation data is base64.
    correlationData: correlation ? Buffer.from(correlation, 'base64') : undefined,
    messageExpiryInterval: expiry ? secondsOf(expiry) : undefined,
    userProperties: userProperties.length > 0 ? userProperties : undefined,
  };
}

/** API reference, MqttHeaders: UNSPECIFIED_BYTES or UTF8_DATA. */
function formatIndicator(text: string | undefined): boolean | undefined {
  if (!text || text === 'UNSPECIFIED_BYTES') return undefined;
  if (text === 'UTF8_DATA') return true;
  throw new Error(`"${text}" is not a payload format indicator.`);
}

function secondsOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`"${text}" is not a message expiry in seconds.`);
  return Number(text);
}
