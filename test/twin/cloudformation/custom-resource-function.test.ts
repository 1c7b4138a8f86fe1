import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { SystemClock } from '../../../twin/clock.ts';
import { Functions } from '../../../twin/lambda/functions.ts';
import { lambdaProviders } from '../../../twin/lambda/providers.ts';
import { things, Twin, writeAssembly } from './fixture.ts';

/** As the handlers of CDK do: CommonJS, `https` on the default port, only host name and path of ResponseURL. */
const HANDLER = `
const https = require('https');
exports.handler = (event) => new Promise((resolve, reject) => {
  const { hostname, pathname } = new URL(event.ResponseURL);
  const { RequestId, StackId, LogicalResourceId, ResourceProperties } = event;
  const body = JSON.stringify({ Status: 'SUCCESS', PhysicalResourceId: 'made', RequestId, StackId, LogicalResourceId,
    Data: { Doubled: String(2 * ResourceProperties.Number) } });
  const request = https.request({ hostname, path: pathname, method: 'PUT', headers: { 'content-type': '', 'content-length': Buffer.byteLength(body) } }, resolve);
  request.on('error', reject);
  request.end(body);
});`;

const HASH = 'cd'.repeat(32);

let functions: Functions | undefined;
afterEach(() => functions?.close());

test('a custom resource runs its function from an asset outside the stage, in the Lambda runtime', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'assembly-'));
  const asset = path.join(root, `asset.${HASH}`);
  mkdirSync(asset);
  writeFileSync(path.join(asset, 'index.js'), HANDLER);
  const twin = new Twin();
  twin.folder = writeAssembly({}, path.join(root, 'assembly-dev'));
  const files = { [HASH]: { source: { path: `../asset.${HASH}`, packaging: 'zip' } } };
  writeFileSync(path.join(twin.folder, 'S.assets.json'), JSON.stringify({ files }));

  functions = new Functions({
    account: DEFAULT_ACCOUNT,
    clock: new SystemClock(),
    store: twin.store,
    awsEndpoint: () => 'http://127.0.0.1:1',
    issueCredentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' }),
    log: () => undefined,
  });
  const { stacks } = await twin.deploy(
    {
      S: things(
        {
          Handler: {
            Type: 'AWS::Lambda::Function',
            Code: { S3Bucket: 'assets', S3Key: `${HASH}.zip` },
            Handler: 'index.handler',
            Runtime: 'nodejs24.x',
            Role: 'arn:aws:iam::000000000000:role/r',
            Timeout: 20,
          },
          C: { Type: 'Custom::Double', ServiceToken: { 'Fn::GetAtt': ['Handler', 'Arn'] }, Number: 21 },
        },
        { Outputs: { Doubled: { Value: { 'Fn::GetAtt': ['C', 'Doubled'] } } } },
      ),
    },
    { providers: lambdaProviders(functions, path.join(root, 'inline')), invoker: functions },
  );
  expect(stacks[0]!.outputs).toEqual({ Doubled: '42' });
});
