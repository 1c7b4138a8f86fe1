import { DefinitionReader, evaluateAll, required, type ActionFactory } from './action.ts';

/** Writes the output to an object (Developer Guide, "S3"). */
export const s3Action: ActionFactory = (definition, { account, ports, sqlVersion }) => {
  const read = new DefinitionReader('s3', definition, sqlVersion);
  const roleArn = read.text('roleArn');
  const templates = [read.template('bucketName'), read.template('key')];
  const cannedAcl = read.optionalText('cannedAcl');
  const s3 = required(ports.s3, 's3');
  return {
    name: 'S3Action',
    resource: read.text('bucketName'),
    async run(invocation) {
      const [bucket, key] = (await evaluateAll(templates, invocation)) as [string, string];
      if (key === '') throw new Error('The object key is empty.');
      ports.authorizeRole?.(roleArn, 's3:PutObject', `arn:${account.partition}:s3:::${bucket}/${key}`);
      await s3.putObject(bucket, key, invocation.output.bytes(), cannedAcl);
    },
  };
};
