import { DefinitionReader, invalid, required, type ActionFactory } from './action.ts';

/** Publishes the output to a topic of SNS (Developer Guide, "SNS"). */
export const snsAction: ActionFactory = (definition, { ports, sqlVersion }) => {
  const read = new DefinitionReader('sns', definition, sqlVersion);
  const targetArn = read.text('targetArn');
  const roleArn = read.text('roleArn');
  const format = read.optionalText('messageFormat') ?? 'RAW';
  if (format !== 'RAW' && format !== 'JSON') throw invalid('The messageFormat of an sns action is RAW or JSON.');
  const sns = required(ports.sns, 'sns');
  return {
    name: 'SnsAction',
    resource: targetArn,
    async run({ output }) {
      ports.authorizeRole?.(roleArn, 'sns:Publish', targetArn);
      await sns.publish(targetArn, output.bytes().toString(), format === 'JSON' ? 'json' : undefined);
    },
  };
};
