import { arn } from '../../../account.ts';
import { DefinitionReader, evaluate, invalid, required, type ActionFactory } from './action.ts';

const SEPARATORS = ['\n', '\t', '\r\n', ','];

/** Sends the output to a delivery stream (Developer Guide, "Firehose"); with `batchMode` each element of an array is a record. */
export const firehoseAction: ActionFactory = (definition, { account, ports, sqlVersion }) => {
  const read = new DefinitionReader('firehose', definition, sqlVersion);
  const roleArn = read.text('roleArn');
  const streamTemplate = read.template('deliveryStreamName');
  const separator = read.optionalText('separator') ?? '';
  if (separator !== '' && !SEPARATORS.includes(separator)) {
    throw invalid(
      'The separator of a firehose action is a newline, a tab, a carriage return with a newline, or a comma.',
    );
  }
  const batchMode = read.flag('batchMode');
  const firehose = required(ports.firehose, 'firehose');
  return {
    name: 'FirehoseAction',
    resource: read.text('deliveryStreamName'),
    async run(invocation) {
      const stream = await evaluate(streamTemplate, invocation);
      ports.authorizeRole?.(
        roleArn,
        batchMode ? 'firehose:PutRecordBatch' : 'firehose:PutRecord',
        arn(account, 'firehose', `deliverystream/${stream}`),
      );
      const { output } = invocation;
      if (batchMode && !Array.isArray(output.value)) throw new Error('With batchMode the output is an array.');
      const records = batchMode
        ? (output.value as readonly unknown[]).map((element) => Buffer.from(JSON.stringify(element)))
        : [output.bytes()];
      for (const record of records) {
        await firehose.putRecord(stream, separator === '' ? record : Buffer.concat([record, Buffer.from(separator)]));
      }
    },
  };
};
