import { constants, createHmac, privateDecrypt, publicEncrypt, randomBytes, timingSafeEqual } from 'node:crypto';

import { AwsError } from '../../endpoint/service.ts';
import type { AwsService, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import { keySpec } from './key-specs.ts';
import type { Key, Keys, NewKey } from './keys.ts';
import { privateKeyOf, publicKeyOf, signMessage, verifyMessage } from './signing.ts';
import { decryptSymmetric, encryptSymmetric } from './symmetric.ts';
import type { EncryptionContext } from './symmetric.ts';

const LARGEST_PLAINTEXT = 4096;
const LARGEST_PAGE = 1000;
const DATA_KEY_BYTES: Readonly<Record<string, number>> = { AES_128: 16, AES_256: 32 };

/** KMS on the endpoint. Key policies are kept and shown; what decides is the caller's identity policy. */
export function kmsService(keys: Keys): AwsService {
  const id = (input: OperationInput): string => String(input['KeyId']);
  const ofKey = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => [input['KeyId'] === undefined ? '*' : (keys.find(id(input))?.arn ?? id(input))],
  });
  return {
    signingNames: ['kms'],
    iamPrefix: 'kms',
    model: () => import('@aws-sdk/client-kms'),
    operations: {
      CreateKey: { run: (input) => ({ KeyMetadata: metadata(keys.create(newKey(input))) }) },
      DescribeKey: ofKey((input) => ({ KeyMetadata: metadata(keys.get(id(input))) })),
      ListKeys: {
        run: (input) => {
          const { items, nextToken } = paged(keys.list(), (key) => key.id, input);
          return {
            Keys: items.map((key) => ({ KeyId: key.id, KeyArn: key.arn })),
            NextMarker: nextToken,
            Truncated: nextToken !== undefined,
          };
        },
      },
      Encrypt: ofKey((input) => encrypt(keys, input)),
      Decrypt: ofKey((input) => decrypt(keys, input)),
      GenerateDataKey: ofKey((input) => dataKey(keys, input)),
      GenerateDataKeyWithoutPlaintext: ofKey((input) => {
        const { Plaintext: _plaintext, ...output } = dataKey(keys, input);
        return output;
      }),
      GenerateRandom: { run: (input) => ({ Plaintext: randomBytes(byteCount(input['NumberOfBytes'] ?? 32)) }) },
      Sign: ofKey((input) => {
        const key = keys.usable(id(input), 'SIGN_VERIFY');
        return {
          KeyId: key.arn,
          Signature: signMessage(key, signingRequest(input)),
          SigningAlgorithm: input['SigningAlgorithm'],
        };
      }),
      Verify: ofKey((input) => {
        const key = keys.usable(id(input), 'SIGN_VERIFY');
        if (!verifyMessage(key, signingRequest(input), input['Signature'] as Uint8Array))
          throw new AwsError('KMSInvalidSignatureException', '');
        return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: input['SigningAlgorithm'] };
      }),
      GetPublicKey: ofKey((input) => publicKey(keys.get(id(input)))),
      GenerateMac: ofKey((input) => {
        const key = keys.usable(id(input), 'GENERATE_VERIFY_MAC');
        return { KeyId: key.arn, Mac: mac(key, input), MacAlgorithm: input['MacAlgorithm'] };
      }),
      VerifyMac: ofKey((input) => {
        const key = keys.usable(id(input), 'GENERATE_VERIFY_MAC');
        const expected = mac(key, input);
        const given = Buffer.from(input['Mac'] as Uint8Array);
        if (given.length !== expected.length || !timingSafeEqual(given, expected))
          throw new AwsError('KMSInvalidMacException', '');
        return { KeyId: key.arn, MacValid: true, MacAlgorithm: input['MacAlgorithm'] };
      }),
      EnableKey: ofKey((input) => void keys.update(id(input), { enabled: true })),
      DisableKey: ofKey((input) => void keys.update(id(input), { enabled: false })),
      UpdateKeyDescription: ofKey(
        (input) => void keys.update(id(input), { description: String(input['Description']) }),
      ),
      ScheduleKeyDeletion: ofKey((input) => {
        const key = keys.scheduleDeletion(id(input), input['PendingWindowInDays'] as number | undefined);
        return {
          KeyId: key.arn,
          DeletionDate: key.deletionAt,
          KeyState: 'PendingDeletion',
          PendingWindowInDays: input['PendingWindowInDays'] ?? 30,
        };
      }),
      CancelKeyDeletion: ofKey((input) => ({ KeyId: keys.cancelDeletion(id(input)).arn })),
      GetKeyPolicy: ofKey((input) => ({ Policy: keys.get(id(input)).policy, PolicyName: 'default' })),
      PutKeyPolicy: ofKey((input) => void keys.update(id(input), { policy: String(input['Policy']) })),
      EnableKeyRotation: ofKey((input) => void keys.update(id(input), { rotation: true })),
      DisableKeyRotation: ofKey((input) => void keys.update(id(input), { rotation: false })),
      GetKeyRotationStatus: ofKey((input) => ({
        KeyId: keys.get(id(input)).arn,
        KeyRotationEnabled: keys.get(id(input)).rotation,
      })),
      CreateAlias: ofAlias(
        keys,
        'TargetKeyId',
        (input) => void keys.createAlias(String(input['AliasName']), String(input['TargetKeyId'])),
      ),
      UpdateAlias: ofAlias(
        keys,
        'TargetKeyId',
        (input) => void keys.updateAlias(String(input['AliasName']), String(input['TargetKeyId'])),
      ),
      DeleteAlias: ofAlias(keys, 'AliasName', (input) => void keys.deleteAlias(String(input['AliasName']))),
      ListAliases: {
        run: (input) => {
          const keyId = input['KeyId'] === undefined ? undefined : keys.get(id(input)).id;
          const matching = keys.aliases().filter((alias) => keyId === undefined || alias.keyId === keyId);
          const { items, nextToken } = paged(matching, (alias) => alias.name, input);
          const aliases = items.map((alias) => ({
            AliasName: alias.name,
            AliasArn: alias.arn,
            TargetKeyId: alias.keyId,
          }));
          return { Aliases: aliases, NextMarker: nextToken, Truncated: nextToken !== undefined };
        },
      },
      TagResource: ofKey(
        (input) => void keys.update(id(input), { tags: { ...keys.get(id(input)).tags, ...tagsOf(input) } }),
      ),
      UntagResource: ofKey((input) => {
        const removed = input['TagKeys'] as string[];
        const kept = Object.entries(keys.get(id(input)).tags).filter(([key]) => !removed.includes(key));
        return void keys.update(id(input), { tags: Object.fromEntries(kept) });
      }),
      ListResourceTags: ofKey((input) => ({
        Tags: Object.entries(keys.get(id(input)).tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
        Truncated: false,
      })),
    },
  };
}

/** Aliases need the right on the alias and on its key. */
function ofAlias(
  keys: Keys,
  target: 'TargetKeyId' | 'AliasName',
  run: OperationDefinition['run'],
): OperationDefinition {
  return {
    run,
    resources: (input, account) => {
      const name = String(input['AliasName']);
      const alias = `arn:${account.partition}:kms:${account.region}:${account.accountId}:${name}`;
      return [alias, keys.find(String(input[target]))?.arn ?? alias];
    },
  };
}

function encrypt(keys: Keys, input: OperationInput): Record<string, unknown> {
  const key = keys.usable(String(input['KeyId']), 'ENCRYPT_DECRYPT');
  const plaintext = input['Plaintext'] as Uint8Array;
  if (plaintext.length < 1 || plaintext.length > LARGEST_PLAINTEXT) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to ${LARGEST_PLAINTEXT}`,
    );
  }
  const algorithm = algorithmOf(key, input);
  const CiphertextBlob =
    algorithm === 'SYMMETRIC_DEFAULT'
      ? encryptSymmetric(key, plaintext, contextOf(input))
      : publicEncrypt({ key: publicKeyOf(key), ...oaep(algorithm) }, plaintext);
  return { CiphertextBlob, KeyId: key.arn, EncryptionAlgorithm: algorithm };
}

/** API reference, GenerateRandom and GenerateDataKey: 1 to 1024. */
function byteCount(value: unknown): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
  throw new AwsError('ValidationException', `NumberOfBytes must be between 1 and 1024; it is ${String(value)}.`);
}

function decrypt(keys: Keys, input: OperationInput): Record<string, unknown> {
  const blob = input['CiphertextBlob'] as Uint8Array | undefined;
  if (blob === undefined) throw new AwsError('ValidationException', 'CiphertextBlob must not be null.');
  const named = input['KeyId'] === undefined ? undefined : keys.usable(String(input['KeyId']), 'ENCRYPT_DECRYPT');
  if (named && named.spec !== 'SYMMETRIC_DEFAULT') {
    const algorithm = algorithmOf(named, input);
    try {
      return {
        KeyId: named.arn,
        Plaintext: privateDecrypt({ key: privateKeyOf(named), ...oaep(algorithm) }, blob),
        EncryptionAlgorithm: algorithm,
      };
    } catch {
      throw new AwsError('InvalidCiphertextException', '');
    }
  }
  const { key, plaintext } = decryptSymmetric(keys, blob, contextOf(input));
  if (named && named.id !== key.id) {
    throw new AwsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    );
  }
  return { KeyId: key.arn, Plaintext: plaintext, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
}

function dataKey(keys: Keys, input: OperationInput): Record<string, unknown> {
  const key = keys.usable(String(input['KeyId']), 'ENCRYPT_DECRYPT');
  const size =
    input['NumberOfBytes'] === undefined ? DATA_KEY_BYTES[String(input['KeySpec'])] : byteCount(input['NumberOfBytes']);
  if (size === undefined || (input['NumberOfBytes'] === undefined) === (input['KeySpec'] === undefined)) {
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  const plaintext = randomBytes(size);
  return { CiphertextBlob: encryptSymmetric(key, plaintext, contextOf(input)), Plaintext: plaintext, KeyId: key.arn };
}

function mac(key: Key, input: OperationInput): Buffer {
  const algorithm = String(input['MacAlgorithm']);
  if (!keySpec(key.spec, key.usage).macAlgorithms?.includes(algorithm)) {
    throw new AwsError('InvalidKeyUsageException', `Algorithm ${algorithm} and key spec ${key.spec} are incompatible.`);
  }
  return createHmac(`sha${algorithm.slice(-3)}`, Buffer.from(key.material, 'base64'))
    .update(input['Message'] as Uint8Array)
    .digest();
}

function algorithmOf(key: Key, input: OperationInput): string {
  const algorithm = String(input['EncryptionAlgorithm'] ?? 'SYMMETRIC_DEFAULT');
  if (!keySpec(key.spec, key.usage).encryptionAlgorithms?.includes(algorithm)) {
    throw new AwsError('InvalidKeyUsageException', `Algorithm ${algorithm} and key spec ${key.spec} are incompatible.`);
  }
  return algorithm;
}

function oaep(algorithm: string): { padding: number; oaepHash: string } {
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: algorithm.endsWith('SHA_256') ? 'sha256' : 'sha1' };
}

function signingRequest(input: OperationInput): { message: Uint8Array; messageType: string; algorithm: string } {
  return {
    message: input['Message'] as Uint8Array,
    messageType: String(input['MessageType'] ?? 'RAW'),
    algorithm: String(input['SigningAlgorithm']),
  };
}

function publicKey(key: Key): Record<string, unknown> {
  const { signingAlgorithms, encryptionAlgorithms } = keySpec(key.spec, key.usage);
  if (key.spec === 'SYMMETRIC_DEFAULT' || key.spec.startsWith('HMAC'))
    throw new AwsError('UnsupportedOperationException', `${key.arn} has no public key.`);
  return {
    KeyId: key.arn,
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    KeyUsage: key.usage,
    PublicKey: publicKeyOf(key).export({ type: 'spki', format: 'der' }),
    ...(key.usage === 'SIGN_VERIFY'
      ? { SigningAlgorithms: signingAlgorithms }
      : { EncryptionAlgorithms: encryptionAlgorithms }),
  };
}

function metadata(key: Key): Record<string, unknown> {
  const { signingAlgorithms, encryptionAlgorithms, macAlgorithms } = keySpec(key.spec, key.usage);
  return {
    AWSAccountId: key.arn.split(':')[4],
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdAt,
    Enabled: key.enabled,
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.deletionAt !== undefined ? 'PendingDeletion' : key.enabled ? 'Enabled' : 'Disabled',
    DeletionDate: key.deletionAt,
    Origin: 'AWS_KMS',
    KeyManager: key.awsManaged === true ? 'AWS' : 'CUSTOMER',
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    MultiRegion: key.multiRegion,
    ...(key.usage === 'SIGN_VERIFY' && { SigningAlgorithms: signingAlgorithms }),
    ...(key.usage === 'ENCRYPT_DECRYPT' && { EncryptionAlgorithms: encryptionAlgorithms }),
    ...(key.usage === 'GENERATE_VERIFY_MAC' && { MacAlgorithms: macAlgorithms }),
  };
}

function newKey(input: OperationInput): NewKey {
  return {
    spec: (input['KeySpec'] ?? input['CustomerMasterKeySpec']) as string | undefined,
    usage: input['KeyUsage'] as NewKey['usage'],
    ...(input['Description'] !== undefined && { description: String(input['Description']) }),
    ...(input['Policy'] !== undefined && { policy: String(input['Policy']) }),
    multiRegion: input['MultiRegion'] === true,
    tags: tagsOf(input),
  };
}

function contextOf(input: OperationInput): EncryptionContext {
  return (input['EncryptionContext'] as EncryptionContext | undefined) ?? {};
}

function tagsOf(input: OperationInput): Record<string, string> {
  const tags = (input['Tags'] as { TagKey: string; TagValue: string }[] | undefined) ?? [];
  return Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
}

function paged<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  input: OperationInput,
): { items: T[]; nextToken: string | undefined } {
  return page(all, keyOf, input['Limit'] as number | undefined, input['Marker'] as string | undefined, LARGEST_PAGE);
}
