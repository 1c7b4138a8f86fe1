import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import { AwsError } from '../../../../twin/endpoint/service.ts';
import type { Publication } from '../../../../twin/iot/publication.ts';
import {
  RulesEngine,
  type RuleLogEntry,
  type RulesEngineOptions,
  type RulesPorts,
} from '../../../../twin/iot/rules/index.ts';
import { openStore } from '../../../../twin/state/store.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/rules';
export const QUEUE = 'http://127.0.0.1:4566/000000000000/errors';

/** Ports that remember what they were given. */
export class RecordedPorts implements RulesPorts {
  readonly messages: { queueUrl: string; body: string }[] = [];
  readonly published: Publication[] = [];
  readonly invocations: { functionName: string; event: unknown; caller: unknown }[] = [];
  readonly requests: { operation: string; input: Record<string, unknown> }[] = [];
  readonly authorizations: string[] = [];
  refusedActions = new Set<string>();
  lambdaRefuses = false;
  secretReads = 0;
  secretText = '{"username":"iot","password":"s"}';

  readonly publish = async (publication: Publication): Promise<void> => void this.published.push(publication);
  readonly sqs = { sendMessage: (queueUrl: string, body: string): void => void this.messages.push({ queueUrl, body }) };
  readonly lambda = {
    invoke: async (functionName: string, event: unknown, caller: unknown): Promise<{ payload: string }> => {
      if (this.lambdaRefuses)
        throw new AwsError('AccessDeniedException', 'The resource policy does not permit it.', 403);
      this.invocations.push({ functionName, event, caller });
      return { payload: '{"answer":42}' };
    },
    invokeAsync: async (functionName: string, event: unknown, caller: unknown): Promise<void> =>
      void (await this.lambda.invoke(functionName, event, caller)),
  };
  readonly secrets = {
    getSecretValue: (): { string: string } => {
      this.secretReads += 1;
      return { string: this.secretText };
    },
  };
  readonly dynamoDb = {
    request: async (operation: string, input: Record<string, unknown>): Promise<unknown> => {
      this.requests.push({ operation, input });
      return operation === 'GetItem' ? { Item: { vin: { S: 'V1' }, speed: { N: '7' } } } : {};
    },
  };

  authorizeRole(roleArn: string, action: string, resource: string): void {
    this.authorizations.push(`${roleArn} ${action} ${resource}`);
    if (this.refusedActions.has(action)) throw new AwsError('AccessDeniedException', `${action} is not allowed`, 403);
  }
}

export interface Fixture {
  readonly engine: RulesEngine;
  readonly ports: RecordedPorts;
  readonly log: RuleLogEntry[];
  readonly clock: ManualClock;
}

export function rulesFixture(options: Partial<RulesEngineOptions> = {}): Fixture {
  const ports = new RecordedPorts();
  const log: RuleLogEntry[] = [];
  const clock = new ManualClock();
  const engine = new RulesEngine({
    ...{ store: openStore(':memory:'), clock, account: DEFAULT_ACCOUNT, ports, log: (entry) => void log.push(entry) },
    ...options,
  });
  return { engine, ports, log, clock };
}

export function publication(topic: string, payload: unknown, more: Partial<Publication> = {}): Publication {
  return {
    ...{ topic, qos: 1, retain: false, receivedAt: 1_700_000_000_000 },
    payload: Buffer.isBuffer(payload)
      ? payload
      : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
    source: { protocol: 'mqtt', clientId: 'V1', principal: 'cert', sourceIp: '10.0.0.1' },
    ...more,
  };
}

export const toQueue = (
  queueUrl = QUEUE,
  more: Record<string, unknown> = {},
): Record<string, Record<string, unknown>> => ({
  sqs: { roleArn: ROLE, queueUrl, ...more },
});

/** A rule of the version that everybody uses. */
export const rule = (
  sql: string,
  actions: Record<string, Record<string, unknown>>[],
  more: Record<string, unknown> = {},
) => ({
  ...{ sql, actions, awsIotSqlVersion: '2016-03-23' },
  ...more,
});
