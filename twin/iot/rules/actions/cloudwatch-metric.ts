import { DefinitionReader, evaluateAll, required, type ActionFactory } from './action.ts';

/** Puts a metric whose parts come from templates (Developer Guide, "CloudWatch metrics"). */
export const cloudwatchMetricAction: ActionFactory = (definition, { clock, ports, sqlVersion }) => {
  const read = new DefinitionReader('cloudwatchMetric', definition, sqlVersion);
  const roleArn = read.text('roleArn');
  const stamp = read.optionalTemplate('metricTimestamp');
  const names = ['metricNamespace', 'metricName', 'metricValue', 'metricUnit'];
  const templates = [...names.map((name) => read.template(name)), ...(stamp ? [stamp] : [])];
  const metrics = required(ports.metrics, 'cloudwatchMetric');
  return {
    name: 'CloudwatchMetricAction',
    resource: `${read.text('metricNamespace')}/${read.text('metricName')}`,
    async run(invocation) {
      const [namespace, name, text, unit, seconds] = (await evaluateAll(templates, invocation)) as [
        string,
        string,
        string,
        string,
        string?,
      ];
      const value = Number(text);
      if (text === '' || Number.isNaN(value)) throw new Error(`"${text}" is not a metric value.`);
      const timestamp = seconds ? Number(seconds) * 1000 : clock.now();
      if (Number.isNaN(timestamp)) throw new Error(`"${seconds}" is not a metric timestamp in seconds.`);
      ports.authorizeRole?.(roleArn, 'cloudwatch:PutMetricData', '*');
      await metrics.putMetric({ namespace, name, value, unit, timestamp });
    },
  };
};
