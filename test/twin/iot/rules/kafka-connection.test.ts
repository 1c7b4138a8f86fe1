import { describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { KafkaConnectionTemplates } from '../../../../twin/iot/rules/actions/kafka-connection.ts';
import { IngestedMessage } from '../../../../twin/iot/rules/ingested-message.ts';
import { compileTemplate, type Externals } from '../../../../twin/iot/sql/index.ts';
import { publication, ROLE } from './rules-fixture.ts';

const invocation = (topic: string, externals: Externals) => ({
  message: new IngestedMessage(publication(topic, {}), topic, DEFAULT_ACCOUNT.accountId),
  ...{ output: undefined as never, variables: {}, externals },
});

describe("a rule's client properties", () => {
  test('are evaluated once a second while they do not depend on the message', () => {
    let reads = 0;
    const externals: Externals = { getSecret: () => `user${++reads}` };
    const templates = new KafkaConnectionTemplates({
      username: compileTemplate(`\${get_secret('s', 'SecretString', '${ROLE}')}`),
    });
    const first = templates.evaluate(invocation('a', externals), 1000);
    expect(templates.evaluate(invocation('b', externals), 1999)).toBe(first);
    expect(templates.evaluate(invocation('b', externals), 2000)).toEqual({ username: 'user2' });
    expect(reads).toBe(2);
  });

  test('are evaluated for each message when they depend on it', () => {
    const templates = new KafkaConnectionTemplates({ username: compileTemplate('${topic()}') });
    expect(templates.evaluate(invocation('a', {}), 1000)).toEqual({ username: 'a' });
    expect(templates.evaluate(invocation('b', {}), 1000)).toEqual({ username: 'b' });
  });

  test('are one object while their values are the same', async () => {
    const externals: Externals = { getSecret: async () => 'iot' };
    const templates = new KafkaConnectionTemplates({
      username: compileTemplate(`\${get_secret('s', 'SecretString', '${ROLE}')}`),
    });
    const first = await templates.evaluate(invocation('a', externals), 1000);
    expect(await templates.evaluate(invocation('a', externals), 5000)).toBe(first);
  });
});
