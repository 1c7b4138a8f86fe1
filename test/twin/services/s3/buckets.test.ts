import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  HeadObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { ResourceRequest } from '../../../../twin/cloudformation/provider.ts';
import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { deliverNotifications } from '../../../../twin/services/s3/notifications.ts';
import { MultipartUploads } from '../../../../twin/services/s3/multipart.ts';
import { s3Providers } from '../../../../twin/services/s3/providers.ts';
import { ruleObjects } from '../../../../twin/services/s3/rule-action.ts';
import { S3 } from '../../../../twin/services/s3/s3.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { startS3 } from './s3-fixture.ts';
import type { S3Fixture } from './s3-fixture.ts';

let fixture: S3Fixture;
beforeAll(async () => {
  fixture = await startS3();
});
afterAll(() => fixture.close());

const request = (properties: Record<string, unknown>): ResourceRequest => ({
  stackName: 'Stack_One',
  stackId: 'id',
  logicalId: 'Artifacts',
  type: 'AWS::S3::Bucket',
  properties,
  account: DEFAULT_ACCOUNT,
  assemblyFolder: '/',
});

describe('buckets', () => {
  test('are made, listed, found and deleted', async () => {
    const { client } = fixture;
    await client.send(new CreateBucketCommand({ Bucket: 'made' }));
    await client.send(new HeadBucketCommand({ Bucket: 'made' }));
    expect((await client.send(new ListBucketsCommand({ Prefix: 'mad' }))).Buckets).toMatchObject([{ Name: 'made' }]);
    expect((await client.send(new GetBucketLocationCommand({ Bucket: 'made' }))).LocationConstraint).toBeUndefined();
    await client.send(new DeleteBucketCommand({ Bucket: 'made' }));
    await expect(client.send(new HeadBucketCommand({ Bucket: 'made' }))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('of another Region say where they are', async () => {
    const account = { ...DEFAULT_ACCOUNT, region: 'eu-central-1' };
    const s3 = new S3({ account, clock: fixture.clock, store: openStore(':memory:'), folder: fixture.folder });
    s3.createBucket('far');
    const { s3Service } = await import('../../../../twin/services/s3/operations.ts');
    const service = s3Service(s3, new MultipartUploads(s3, openStore(':memory:')));
    expect(await service.operations['GetBucketLocation']!.run({ Bucket: 'far' }, undefined as never)).toEqual({
      LocationConstraint: 'eu-central-1',
    });
  });

  test.each(['AB', 'a', '192.168.0.1', 'a..b', 'x'.repeat(64), '-a-'])('cannot be named %s', (name) => {
    expect(() => fixture.s3.createBucket(name)).toThrow('The specified bucket is not valid.');
  });

  test('that exist or hold objects are refused', async () => {
    const { client } = fixture;
    await client.send(new CreateBucketCommand({ Bucket: 'full' }));
    await client.send(new PutObjectCommand({ Bucket: 'full', Key: 'k', Body: 'x' }));
    await expect(client.send(new CreateBucketCommand({ Bucket: 'full' }))).rejects.toMatchObject({
      name: 'BucketAlreadyOwnedByYou',
    });
    await expect(client.send(new DeleteBucketCommand({ Bucket: 'full' }))).rejects.toMatchObject({
      name: 'BucketNotEmpty',
    });
  });

  test('have tags, a policy and an owner', async () => {
    const { client } = fixture;
    const Bucket = 'configured';
    await client.send(new CreateBucketCommand({ Bucket }));
    await expect(client.send(new GetBucketTaggingCommand({ Bucket }))).rejects.toMatchObject({ name: 'NoSuchTagSet' });
    await client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: '1' }] } }));
    expect((await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual([{ Key: 'a', Value: '1' }]);
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: '{"Statement":[]}' }));
    expect((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe('{"Statement":[]}');
    await client.send(new DeleteBucketPolicyCommand({ Bucket }));
    await expect(client.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NoSuchBucketPolicy',
    });
    const { Grants } = await client.send(new GetBucketAclCommand({ Bucket }));
    expect(Grants).toMatchObject([{ Grantee: { Type: 'CanonicalUser' }, Permission: 'FULL_CONTROL' }]);
  });

  test('refuse by name what the twin does not execute', async () => {
    const website = new PutBucketWebsiteCommand({ Bucket: 'full', WebsiteConfiguration: {} });
    await expect(fixture.client.send(website)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The twin does not execute s3:PutBucketWebsite.',
    });
  });
});

describe('notifications', () => {
  test('go to the configured targets, as configured', async () => {
    const { client, s3 } = fixture;
    const Bucket = 'watched';
    const delivered: [string, unknown][] = [];
    const events: unknown[] = [];
    deliverNotifications(s3, {
      deliver: async (target, document) => void delivered.push([target, document]),
      putEvent: (...event) => events.push(event),
      log: () => undefined,
    });
    await client.send(new CreateBucketCommand({ Bucket }));
    const QueueArn = 'arn:aws:sqs:us-east-1:000000000000:uploads';
    const Filter = { Key: { FilterRules: [{ Name: 'suffix' as const, Value: '.json' }] } };
    await client.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: {
          QueueConfigurations: [{ Id: 'q', QueueArn, Events: ['s3:ObjectCreated:*'], Filter }],
          EventBridgeConfiguration: {},
        },
      }),
    );
    const configuration = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    expect(configuration.QueueConfigurations).toMatchObject([{ Id: 'q', QueueArn, Events: ['s3:ObjectCreated:*'] }]);
    await client.send(new PutObjectCommand({ Bucket, Key: 'a b.json', Body: '{}' }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'other.txt', Body: 'x' }));
    expect(delivered).toMatchObject([
      [
        QueueArn,
        {
          Records: [
            {
              eventName: 'ObjectCreated:Put',
              s3: { configurationId: 'q', bucket: { name: Bucket }, object: { key: 'a+b.json', size: 2 } },
            },
          ],
        },
      ],
    ]);
    expect(events).toMatchObject([
      ['Object Created', { object: { key: 'a b.json' }, reason: 'PutObject' }, ['arn:aws:s3:::watched']],
      ['Object Created', { object: { key: 'other.txt' } }, ['arn:aws:s3:::watched']],
    ]);
  });
});

describe('CloudFormation', () => {
  test('makes a bucket with a generated name, versioning, and its attributes', async () => {
    const [bucket, policy] = s3Providers(fixture.s3);
    const created = await bucket!.create(
      request({ VersioningConfiguration: { Status: 'Enabled' }, Tags: [{ Key: 'a', Value: '1' }] }),
    );
    expect(created.physicalId).toMatch(/^stack-one-artifacts-[0-9a-f]{12}$/);
    expect(created.attributes).toMatchObject({
      Arn: `arn:aws:s3:::${created.physicalId}`,
      DomainName: `${created.physicalId}.s3.amazonaws.com`,
      RegionalDomainName: `${created.physicalId}.s3.us-east-1.amazonaws.com`,
    });
    expect(fixture.s3.bucket(created.physicalId)).toMatchObject({ versioning: 'Enabled', tags: { a: '1' } });

    await policy!.create(request({ Bucket: created.physicalId, PolicyDocument: { Statement: [] } }));
    expect(fixture.s3.bucket(created.physicalId).policy).toBe('{"Statement":[]}');

    const existing = {
      ...request({}),
      physicalId: created.physicalId,
      previousProperties: { VersioningConfiguration: { Status: 'Enabled' } },
    };
    await bucket!.update(existing);
    expect(fixture.s3.bucket(created.physicalId)).toMatchObject({ versioning: 'Suspended', tags: {} });
    await bucket!.delete(existing);
    expect(fixture.s3.hasBucket(created.physicalId)).toBe(false);
  });
});

test('objects are there after a restart, and files that no object names are not', async () => {
  await fixture.s3.createBucket('kept');
  await fixture.s3.putObject('kept', 'k', 'survives', 'text/plain');
  const orphan = await fixture.s3.blobs.write(Buffer.from('never named'));
  const store = openStore(`${fixture.folder}/state.db`);
  const again = new S3({ account: DEFAULT_ACCOUNT, clock: fixture.clock, store, folder: `${fixture.folder}/objects` });
  await again.sweep(new MultipartUploads(again, store).blobs());
  expect(String(await again.getObject('kept', 'k'))).toBe('survives');
  await expect(again.blobs.read(orphan)).rejects.toThrow('ENOENT');
  store.close();
});

describe('encryption and ACLs', () => {
  test("objects say the bucket's default encryption, or their own", async () => {
    const { client, s3 } = fixture;
    const [provider] = s3Providers(s3);
    const KMSMasterKeyID = 'arn:aws:kms:us-east-1:000000000000:key/k';
    const ServerSideEncryptionConfiguration = [
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID } },
    ];
    const { physicalId: Bucket } = await provider!.create({
      ...request({ BucketEncryption: { ServerSideEncryptionConfiguration } }),
      logicalId: 'Encrypted',
    });
    expect(await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))).toMatchObject({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: KMSMasterKeyID,
    });
    expect(
      await client.send(new PutObjectCommand({ Bucket, Key: 'l', Body: 'x', ServerSideEncryption: 'AES256' })),
    ).toMatchObject({ ServerSideEncryption: 'AES256' });
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'l' }));
    expect([head.ServerSideEncryption, head.SSEKMSKeyId]).toEqual(['AES256', undefined]);
    const { ServerSideEncryptionConfiguration: configuration } = await client.send(
      new GetBucketEncryptionCommand({ Bucket }),
    );
    expect(configuration!.Rules).toMatchObject([
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID } },
    ]);
  });

  test('ACLs are refused unless the bucket asks for them', async () => {
    const { client } = fixture;
    const Bucket = 'acls';
    await client.send(new CreateBucketCommand({ Bucket }));
    const publish = () => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ACL: 'public-read' }));
    await expect(publish()).rejects.toMatchObject({ name: 'AccessControlListNotSupported' });
    await client.send(
      new PutBucketOwnershipControlsCommand({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
      }),
    );
    expect((await publish()).ETag).toBeDefined();
  });

  test("keys of the client's own are refused by name", async () => {
    const put = new PutObjectCommand({
      Bucket: 'acls',
      Key: 'k',
      Body: 'x',
      SSECustomerAlgorithm: 'AES256',
      SSECustomerKey: 'a'.repeat(32),
      SSECustomerKeyMD5: 'x',
    });
    await expect(fixture.client.send(put)).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

test("a rule's action writes objects, and its ACL is checked like any other", async () => {
  fixture.s3.createBucket('ruled');
  const objects = ruleObjects(fixture.s3);
  await objects.putObject('ruled', 'k', Buffer.from('{"speed":1}'), 'private');
  expect(String(await fixture.s3.getObject('ruled', 'k'))).toBe('{"speed":1}');
  await expect(objects.putObject('ruled', 'k', Buffer.from('x'), 'public-read')).rejects.toThrow(
    'The bucket does not allow ACLs',
  );
  await expect(objects.putObject('nowhere', 'k', Buffer.from('x'))).rejects.toThrow(
    'The specified bucket does not exist',
  );
});
