import { compileTemplate } from '../../sql/index.ts';
import { DefinitionReader, evaluate, invalid, type ActionFactory } from './action.ts';

/** Developer Guide, "HTTP": at most three tries in three seconds together, for 429 and for errors of the server. */
const TRIES = 3;
const TOTAL_MS = 3000;

/** Posts the output to a URL (Developer Guide, "HTTP"). Request signing and batching are not part of the twin. */
export const httpAction: ActionFactory = (definition, { ports, sqlVersion }) => {
  const read = new DefinitionReader('http', definition, sqlVersion);
  const urlTemplate = read.template('url');
  if (definition['auth']) throw invalid('The twin does not run http actions with auth (SigV4).');
  if (read.flag('enableBatching')) throw invalid('The twin does not run http actions with enableBatching.');
  const headers = ((definition['headers'] ?? []) as { key: unknown; value: unknown }[]).map(({ key, value }) => ({
    key: String(key),
    value: compileTemplate(String(value), sqlVersion),
  }));
  const request = ports.fetch ?? fetch;
  return {
    name: 'HttpAction',
    resource: read.text('url'),
    async run(invocation) {
      const url = await evaluate(urlTemplate, invocation);
      const sent: Record<string, string> = { 'content-type': 'application/json' };
      for (const { key, value } of headers) sent[key.toLowerCase()] = await evaluate(value, invocation);
      const signal = AbortSignal.timeout(TOTAL_MS);
      let answer = '';
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const response = await request(url, {
          method: 'POST',
          headers: sent,
          body: new Uint8Array(invocation.output.bytes()),
          signal,
        });
        // The connection is free again only when the body has been read.
        await response.arrayBuffer();
        if (response.ok) return;
        answer = `${response.status} ${response.statusText}`;
        if (response.status !== 429 && response.status < 500) break;
      }
      throw new Error(`${url} answered ${answer}.`);
    },
  };
};
