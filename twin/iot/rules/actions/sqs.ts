import { arn } from '../../../account.ts';
import { DefinitionReader, required, type ActionFactory } from './action.ts';

/** Sends the output to a queue (Developer Guide, "SQS"). FIFO queues are not supported by this action. */
export const sqsAction: ActionFactory = (definition, { account, ports, sqlVersion }) => {
  const read = new DefinitionReader('sqs', definition, sqlVersion);
  const queueUrl = read.text('queueUrl');
  const roleArn = read.text('roleArn');
  const base64 = read.flag('useBase64');
  const sqs = required(ports.sqs, 'sqs');
  const queueArn = arn(account, 'sqs', queueUrl.split('/').at(-1)!);
  return {
    name: 'SqsAction',
    resource: queueUrl,
    run({ output }) {
      ports.authorizeRole?.(roleArn, 'sqs:SendMessage', queueArn);
      sqs.sendMessage(queueUrl, output.bytes().toString(base64 ? 'base64' : 'utf8'));
    },
  };
};
