import { randomUUID } from 'node:crypto';

import { arn, globalArn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import { keySpec } from './key-specs.ts';
import type { KeyUsage } from './key-specs.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const ALIAS_NAME = /^alias\/[A-Za-z0-9/_-]{1,250}$/;

export interface Key {
  readonly id: string;
  readonly arn: string;
  readonly spec: string;
  readonly usage: KeyUsage;
  readonly description: string;
  readonly enabled: boolean;
  readonly multiRegion: boolean;
  readonly rotation: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly policy: string;
  /** Milliseconds since the epoch, as are the other times. */
  readonly createdAt: number;
  readonly deletionAt?: number;
  /** Made and owned by a service, e.g. the key behind `alias/aws/ssm`. */
  readonly awsManaged?: boolean;
  /** Base64 of the secret bytes or of the private key. */
  readonly material: string;
}

export interface NewKey {
  readonly spec?: string;
  readonly usage?: KeyUsage;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly multiRegion?: boolean;
  readonly rotation?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly policy?: string;
}

/** The keys and aliases of the account. Key material is in the twin's state file and leaves it by no operation. */
export class Keys {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #keys: Collection<Key>;
  readonly #aliases: Collection<string>;

  constructor({ account, clock, store }: { readonly account: Account; readonly clock: Clock; readonly store: Store }) {
    this.#account = account;
    this.#clock = clock;
    this.#keys = store.collection('kms.keys');
    this.#aliases = store.collection('kms.aliases');
  }

  create({ spec = 'SYMMETRIC_DEFAULT', usage = 'ENCRYPT_DECRYPT', ...settings }: NewKey): Key {
    const id = settings.multiRegion === true ? `mrk-${randomUUID().replaceAll('-', '')}` : randomUUID();
    const key: Key = {
      description: '',
      enabled: true,
      multiRegion: false,
      rotation: false,
      tags: {},
      policy: JSON.stringify(this.#defaultPolicy()),
      ...settings,
      id,
      arn: arn(this.#account, 'kms', `key/${id}`),
      spec,
      usage,
      createdAt: this.#clock.now(),
      material: keySpec(spec, usage).generate().toString('base64'),
    };
    this.#keys.set(id, key);
    return key;
  }

  /**
   * @param id key id, key ARN, alias name or alias ARN
   * @throws AwsError NotFoundException
   */
  get(id: string): Key {
    const key = this.find(id);
    if (key) return key;
    const isAlias = id.startsWith('alias/') || id.includes(':alias/');
    const name = id.startsWith('arn:') ? id : arn(this.#account, 'kms', isAlias ? id : `key/${id}`);
    throw new AwsError('NotFoundException', isAlias ? `Alias ${name} is not found.` : `Key '${name}' does not exist`);
  }

  find(id: string): Key | undefined {
    const local = id.startsWith('arn:') ? id.split(':').slice(5).join(':') : id;
    const keyId = local.startsWith('alias/') ? this.#aliases.get(local) : local.replace(/^key\//, '');
    const key = keyId === undefined ? undefined : this.#keys.get(keyId);
    if (key?.deletionAt !== undefined && key.deletionAt <= this.#clock.now()) {
      this.#forget(key);
      return undefined;
    }
    return key;
  }

  /** A key that can be used. @throws AwsError NotFoundException, DisabledException, KMSInvalidStateException, InvalidKeyUsageException */
  usable(id: string, usage: KeyUsage): Key {
    const key = this.get(id);
    if (key.deletionAt !== undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    if (!key.enabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`);
    if (key.usage !== usage)
      throw new AwsError(
        'InvalidKeyUsageException',
        `${key.arn} key usage is ${key.usage} which is not valid for this operation.`,
      );
    return key;
  }

  list(): Key[] {
    return [...this.#keys.values()].filter(({ id }) => this.find(id) !== undefined);
  }

  update(id: string, changes: Partial<Pick<Key, 'description' | 'enabled' | 'rotation' | 'tags' | 'policy'>>): Key {
    const key = this.get(id);
    if (key.deletionAt !== undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    return this.#set({ ...key, ...changes });
  }

  /** @throws AwsError ValidationException, KMSInvalidStateException */
  scheduleDeletion(id: string, days = 30): Key {
    if (days < 7 || days > 30)
      throw new AwsError('ValidationException', 'PendingWindowInDays must be between 7 and 30.');
    const key = this.get(id);
    if (key.deletionAt !== undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    return this.#set({ ...key, enabled: false, deletionAt: this.#clock.now() + days * DAY_MS });
  }

  cancelDeletion(id: string): Key {
    const { deletionAt, ...key } = this.get(id);
    if (deletionAt === undefined) throw new AwsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`);
    return this.#set(key);
  }

  /** The key that a service has of its own in the account, made when first needed. */
  managedKey(service: string): Key {
    const alias = `alias/aws/${service}`;
    const existing = this.find(alias);
    if (existing) return existing;
    const description = `Default key that protects my ${service} data when no other key is defined`;
    const key = this.#set({ ...this.create({ description, rotation: true }), awsManaged: true });
    this.#aliases.set(alias, key.id);
    return key;
  }

  aliases(): { readonly name: string; readonly arn: string; readonly keyId: string }[] {
    return [...this.#aliases.entries()].map(([name, keyId]) => ({ name, arn: arn(this.#account, 'kms', name), keyId }));
  }

  hasAlias(name: string): boolean {
    return this.#aliases.has(name);
  }

  /** @throws AwsError AlreadyExistsException, InvalidAliasNameException, NotFoundException */
  createAlias(name: string, keyId: string): void {
    if (this.#aliases.has(name))
      throw new AwsError(
        'AlreadyExistsException',
        `An alias with the name ${arn(this.#account, 'kms', name)} already exists`,
      );
    if (!ALIAS_NAME.test(name))
      throw new AwsError(
        'InvalidAliasNameException',
        'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
      );
    if (name.startsWith('alias/aws/'))
      throw new AwsError('NotAuthorizedException', 'Aliases that begin with alias/aws/ are reserved.');
    this.#aliases.set(name, this.get(keyId).id);
  }

  updateAlias(name: string, keyId: string): void {
    this.#checkAlias(name);
    this.#aliases.set(name, this.get(keyId).id);
  }

  deleteAlias(name: string): void {
    this.#checkAlias(name);
    this.#aliases.delete(name);
  }

  #checkAlias(name: string): void {
    if (!this.#aliases.has(name))
      throw new AwsError('NotFoundException', `Alias ${arn(this.#account, 'kms', name)} is not found.`);
  }

  #set(key: Key): Key {
    this.#keys.set(key.id, key);
    return key;
  }

  #forget({ id }: Key): void {
    for (const alias of this.aliases()) if (alias.keyId === id) this.#aliases.delete(alias.name);
    this.#keys.delete(id);
  }

  #defaultPolicy(): unknown {
    return {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: globalArn(this.#account, 'iam', 'root') },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    };
  }
}
