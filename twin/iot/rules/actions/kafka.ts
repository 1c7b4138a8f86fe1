import { compileTemplate, type CompiledTemplate } from '../../sql/index.ts';
import {
  DefinitionReader,
  evaluateAll,
  invalid,
  type ActionFactory,
  type ActionInvocation,
  type KafkaConnectionProperties,
} from './action.ts';
import { KafkaConnectionTemplates } from './kafka-connection.ts';
import { checkClientProperties } from './kafka-properties.ts';

/**
 * Sends the output to a Kafka topic (Developer Guide, "Apache Kafka"). Templates are evaluated against the message as published;
 * secrets in client properties are fetched through `get_secret` and cached by it.
 */
export const kafkaAction: ActionFactory = (definition, { clock, services, sqlVersion }) => {
  const read = new DefinitionReader('kafka', definition, sqlVersion);
  const destinationArn = read.text('destinationArn');
  services.requireDestination(destinationArn);
  const properties = (definition['clientProperties'] ?? {}) as Record<string, string>;
  checkClientProperties(properties, services.kafkaPorts);
  const compiled = Object.entries(properties).map(([name, value]) => [
    name,
    compileTemplate(String(value), sqlVersion),
  ]);
  const connections = new KafkaConnectionTemplates(Object.fromEntries(compiled) as Record<string, CompiledTemplate>);
  const topicTemplate = read.template('topic');
  const keyTemplate = read.optionalTemplate('key');
  const partitionTemplate = read.optionalTemplate('partition');
  const headers = compileHeaders(definition['headers'], sqlVersion);

  const send = (
    invocation: ActionInvocation,
    connection: KafkaConnectionProperties,
    texts: readonly string[],
  ): Promise<void> => {
    let at = 0;
    const topic = texts[at++]!;
    const key = keyTemplate ? texts[at++] : undefined;
    const partition = partitionTemplate ? partitionNumber(texts[at++]!) : undefined;
    const recordHeaders = headers.map(({ key: name }) => ({ key: name, value: texts[at++]! }));
    return services.producers.send(connection, {
      topic,
      key,
      partition,
      value: invocation.output.bytes(),
      headers: recordHeaders,
    });
  };
  const recordTemplates = [topicTemplate, keyTemplate, partitionTemplate, ...headers.map(({ value }) => value)].filter(
    (template): template is CompiledTemplate => template !== undefined,
  );

  return {
    name: 'KafkaAction',
    resource: read.text('topic'),
    run(invocation) {
      // It may have been disabled since the rule was made.
      services.requireDestination(destinationArn);
      const connection = connections.evaluate(invocation, clock.now());
      const texts = evaluateAll(recordTemplates, invocation);
      // Only external functions wait: messages of a rule without any reach the producer in the order they came.
      if (connection instanceof Promise || texts instanceof Promise) {
        return Promise.all([connection, texts]).then(([resolved, record]) => send(invocation, resolved, record));
      }
      return send(invocation, connection, texts);
    },
  };
};

/** API reference, KafkaAction: 1 to 100 headers. */
function compileHeaders(
  headers: unknown,
  version: Parameters<typeof compileTemplate>[1],
): { key: string; value: CompiledTemplate }[] {
  const entries = (headers ?? []) as { key: unknown; value: unknown }[];
  if (entries.length > 100) throw invalid('A kafka action has at most 100 headers.');
  return entries.map(({ key, value }) => ({ key: String(key), value: compileTemplate(String(value), version) }));
}

function partitionNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`"${text}" is not a partition number.`);
  return Number(text);
}
