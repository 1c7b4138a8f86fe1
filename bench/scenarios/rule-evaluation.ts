import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { compileStatement, compileTemplate, type RuleMessage, type SqlVersion } from '../../twin/iot/sql/index.ts';
import type { Scenario } from './scenario.ts';

interface RuleResource {
  readonly Type: string;
  readonly Properties: {
    readonly RuleName: string;
    readonly TopicRulePayload: {
      readonly Sql: string;
      readonly AwsIotSqlVersion: SqlVersion;
      readonly Actions: readonly { readonly Kafka?: { Key: string; Headers: { Value: string }[] } }[];
    };
  };
}

/** The telemetry rule as the synthesized templates have it. */
function telemetryRule(assembly: string): RuleResource['Properties']['TopicRulePayload'] {
  const stage = join(assembly, 'assembly-dev-main');
  for (const name of readdirSync(stage).filter((file) => file.endsWith('.template.json'))) {
    const { Resources } = JSON.parse(readFileSync(join(stage, name), 'utf8')) as {
      Resources: Record<string, RuleResource>;
    };
    for (const { Type, Properties } of Object.values(Resources))
      if (Type === 'AWS::IoT::TopicRule' && Properties.RuleName === 'telemetry') return Properties.TopicRulePayload;
  }
  throw new Error(`No template in ${stage} has the rule "telemetry".`);
}

const MESSAGE: RuleMessage = {
  topic: 'dt/vehicle/1HGCM82633A004352/telemetry',
  payload: Buffer.from('{"sequence":1,"speed":13.9,"position":{"latitude":48.137,"longitude":11.575}}'),
  receivedAt: 1_767_225_600_000,
  source: { protocol: 'mqtt', clientId: '1HGCM82633A004352', principal: 'p', sourceIp: '127.0.0.1' },
  accountId: '000000000000',
  traceId: '00000000-0000-4000-8000-000000000000',
};

/** Calls a second, on one core. */
function rate(seconds: number, once: () => unknown): number {
  const BATCH = 10_000;
  for (let warmUp = 0; warmUp < 5 * BATCH; warmUp += 1) once();
  const began = performance.now();
  let calls = 0;
  do {
    for (let call = 0; call < BATCH; call += 1) once();
    calls += BATCH;
  } while (performance.now() - began < seconds * 1000);
  return calls / ((performance.now() - began) / 1000);
}

export const ruleEvaluation: Scenario = {
  name: 'rule evaluation',
  needsSides: false,
  run({ assembly, size }) {
    const { Sql, AwsIotSqlVersion, Actions } = telemetryRule(assembly);
    const statement = compileStatement(Sql, AwsIotSqlVersion);
    const kafka = Actions.find((action) => action.Kafka)!.Kafka!;
    const templates = [kafka.Key, ...kafka.Headers.map(({ Value }) => Value)].map((text) =>
      compileTemplate(text, AwsIotSqlVersion),
    );
    const evaluate = (): unknown => {
      const outcome = statement.evaluate(MESSAGE, {});
      if (!('fires' in outcome) || !outcome.fires) throw new Error('the telemetry rule does not fire');
      return outcome.output.bytes();
    };
    const withTemplates = (): void => {
      evaluate();
      for (const template of templates) template.evaluate(MESSAGE, {}, {});
    };
    const scenario = 'rule evaluation';
    return Promise.resolve([
      {
        ...{ scenario, metric: 'statement', unit: 'evaluations/s', goal: { atLeast: 1_000_000 } },
        twin: rate(size.evaluationSeconds, evaluate),
      },
      {
        ...{ scenario, metric: 'statement, key and headers', unit: 'evaluations/s' },
        twin: rate(size.evaluationSeconds, withTemplates),
      },
    ]);
  },
};
