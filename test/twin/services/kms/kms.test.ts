import { createHash, createPublicKey, verify } from 'node:crypto';

import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import type { KeySpec, SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../../twin/account.ts';
import { ManualClock } from '../../../../twin/clock.ts';
import type { Endpoint } from '../../../../twin/endpoint/endpoint.ts';
import { Keys } from '../../../../twin/services/kms/keys.ts';
import { kmsService } from '../../../../twin/services/kms/operations.ts';
import { openStore } from '../../../../twin/state/store.ts';
import { clientConfiguration, startEndpoint } from '../../endpoint/test-endpoint.ts';

const clock = new ManualClock();
const keys = new Keys({ account: DEFAULT_ACCOUNT, clock, store: openStore(':memory:') });
let endpoint: Endpoint;
let client: KMSClient;

beforeAll(async () => {
  endpoint = await startEndpoint([kmsService(keys)]);
  client = new KMSClient(clientConfiguration(endpoint));
});

afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

const createKey = async (options: { KeySpec?: KeySpec; KeyUsage?: 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' } = {}) =>
  (await client.send(new CreateKeyCommand(options))).KeyMetadata!.KeyId!;
const message = Buffer.from('manifest');

describe('a symmetric key', () => {
  test('opens what it closed, under the same encryption context only', async () => {
    const KeyId = await createKey();
    const EncryptionContext = { thing: 'VIN1', purpose: 'test' };
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: message, EncryptionContext }));
    const { Plaintext, KeyId: usedKey } = await client.send(
      new DecryptCommand({ CiphertextBlob, EncryptionContext: { purpose: 'test', thing: 'VIN1' } }),
    );
    expect(Buffer.from(Plaintext!)).toEqual(message);
    expect(usedKey).toBe(keys.get(KeyId).arn);
    await expect(client.send(new DecryptCommand({ CiphertextBlob }))).rejects.toMatchObject({
      name: 'InvalidCiphertextException',
    });
    const other = await createKey();
    await expect(
      client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: other })),
    ).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });

  test('gives data keys that it can open again', async () => {
    const KeyId = await createKey();
    const dataKey = await client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    const opened = await client.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }));
    expect(Buffer.from(opened.Plaintext!)).toEqual(Buffer.from(dataKey.Plaintext!));
    expect(dataKey.Plaintext).toHaveLength(32);
  });

  test('refuses to work while disabled, and is gone after its waiting period', async () => {
    const KeyId = await createKey();
    await client.send(new DisableKeyCommand({ KeyId }));
    await expect(client.send(new EncryptCommand({ KeyId, Plaintext: message }))).rejects.toMatchObject({
      name: 'DisabledException',
    });
    await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect((await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.KeyState).toBe('PendingDeletion');
    await clock.advance(7 * 24 * 3_600_000);
    await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name: 'NotFoundException' });
  });
});

describe('a signing key', () => {
  const algorithms: [KeySpec, SigningAlgorithmSpec, string][] = [
    ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256'],
    ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384'],
    ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256'],
  ];

  test.each(algorithms)(
    'of %s signs messages and digests with %s, which its public key proves',
    async (spec, SigningAlgorithm, hash) => {
      const KeyId = await createKey({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' });
      const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
      const publicKey = createPublicKey({ key: Buffer.from(PublicKey!), format: 'der', type: 'spki' });
      const digest = createHash(hash).update(message).digest();
      for (const [Message, MessageType] of [
        [message, 'RAW'],
        [digest, 'DIGEST'],
      ] as const) {
        const { Signature } = await client.send(new SignCommand({ KeyId, Message, MessageType, SigningAlgorithm }));
        expect(verify(hash, message, publicKey, Buffer.from(Signature!))).toBe(true);
        expect(
          (
            await client.send(
              new VerifyCommand({ KeyId, Message: digest, MessageType: 'DIGEST', Signature, SigningAlgorithm }),
            )
          ).SignatureValid,
        ).toBe(true);
        const altered = Buffer.from(digest);
        altered[0]! ^= 1;
        const wrong = client.send(
          new VerifyCommand({ KeyId, Message: altered, MessageType: 'DIGEST', Signature, SigningAlgorithm }),
        );
        await expect(wrong).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' });
      }
    },
  );

  test('with PSS signs messages', async () => {
    const KeyId = await createKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' });
    const request = { KeyId, Message: message, SigningAlgorithm: 'RSASSA_PSS_SHA_256' as const };
    const { Signature } = await client.send(new SignCommand(request));
    expect((await client.send(new VerifyCommand({ ...request, Signature }))).SignatureValid).toBe(true);
  });

  test.each([
    [
      'an algorithm of another kind',
      { SigningAlgorithm: 'RSASSA_PSS_SHA_256' as const, Message: message },
      'InvalidKeyUsageException',
    ],
    [
      'a digest of another length',
      { SigningAlgorithm: 'ECDSA_SHA_256' as const, Message: message, MessageType: 'DIGEST' as const },
      'ValidationException',
    ],
    [
      'a message over 4096 bytes',
      { SigningAlgorithm: 'ECDSA_SHA_256' as const, Message: Buffer.alloc(4097) },
      'ValidationException',
    ],
  ])('refuses %s', async (_name, request, code) => {
    const KeyId = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    await expect(client.send(new SignCommand({ KeyId, ...request }))).rejects.toMatchObject({ name: code });
  });
});

test('an HMAC key proves its own codes', async () => {
  const KeyId = await createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const request = { KeyId, Message: message, MacAlgorithm: 'HMAC_SHA_256' as const };
  const { Mac } = await client.send(new GenerateMacCommand(request));
  expect((await client.send(new VerifyMacCommand({ ...request, Mac }))).MacValid).toBe(true);
});

test('an alias names its key wherever a key is named', async () => {
  const KeyId = await createKey();
  await client.send(new CreateAliasCommand({ AliasName: 'alias/stream', TargetKeyId: KeyId }));
  expect((await client.send(new DescribeKeyCommand({ KeyId: 'alias/stream' }))).KeyMetadata!.KeyId).toBe(KeyId);
  expect((await client.send(new ListAliasesCommand({ KeyId }))).Aliases).toMatchObject([
    { AliasName: 'alias/stream', TargetKeyId: KeyId },
  ]);
  const again = client.send(new CreateAliasCommand({ AliasName: 'alias/stream', TargetKeyId: KeyId }));
  await expect(again).rejects.toMatchObject({ name: 'AlreadyExistsException' });
});
