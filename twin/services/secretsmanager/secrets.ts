import { randomBytes, randomUUID } from 'node:crypto';

import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const LARGEST_BYTES = 65_536;
const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const SUFFIX_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export interface SecretVersion {
  readonly stages: readonly string[];
  /** Milliseconds since the epoch, as are the other times. */
  readonly createdAt: number;
  readonly string?: string;
  readonly base64?: string;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly policy?: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly accessedAt?: number;
  /** When it will be gone; marked for deletion until then. */
  readonly deletedAt?: number;
  readonly recoverableUntil?: number;
  readonly versions: Readonly<Record<string, SecretVersion>>;
}

export interface SecretContent {
  readonly string?: string;
  readonly bytes?: Uint8Array;
}

export interface SecretValue extends SecretContent {
  readonly secret: Secret;
  readonly versionId: string;
  readonly version: SecretVersion;
}

export interface NewSecret extends SecretContent {
  readonly name: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly versionId?: string;
}

/**
 * The secrets of the account. Their values are in the twin's state file, which only its owner can read, and in no log.
 * A secret is named by its name, its ARN, or its ARN without the suffix.
 */
export class Secrets {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #secrets: Collection<Secret>;
  readonly #listeners: ((secret: Secret) => void)[] = [];

  constructor({ account, clock, store }: { readonly account: Account; readonly clock: Clock; readonly store: Store }) {
    this.#account = account;
    this.#clock = clock;
    this.#secrets = store.collection('secretsmanager.secrets');
  }

  /** Told of a secret whose current value has changed. */
  onChange(listener: (secret: Secret) => void): void {
    this.#listeners.push(listener);
  }

  /** @throws AwsError ResourceExistsException, InvalidRequestException, InvalidParameterException */
  create({ name, description, kmsKeyId, tags = {}, versionId, ...content }: NewSecret): Secret {
    if (!NAME.test(name)) {
      throw new AwsError(
        'ValidationException',
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      );
    }
    const existing = this.find(name);
    if (existing?.deletedAt !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    const now = this.#clock.now();
    if (existing) {
      const version = versionId === undefined ? undefined : existing.versions[versionId];
      if (version && sameContent(version, content)) return existing;
      throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
    }
    const suffix = [...randomBytes(6)].map((byte) => SUFFIX_CHARACTERS[byte % SUFFIX_CHARACTERS.length]).join('');
    const secret: Secret = {
      arn: arn(this.#account, 'secretsmanager', `secret:${name}-${suffix}`),
      name,
      description,
      kmsKeyId,
      tags,
      createdAt: now,
      changedAt: now,
      versions: hasContent(content) ? { [versionId ?? randomUUID()]: version(content, ['AWSCURRENT'], now) } : {},
    };
    this.#secrets.set(name, secret);
    return secret;
  }

  /**
   * The value of one version, AWSCURRENT unless another is named.
   *
   * @throws AwsError ResourceNotFoundException, InvalidRequestException when it is marked for deletion
   */
  getSecretValue(id: string, wanted: { readonly versionId?: string; readonly stage?: string } = {}): SecretValue {
    const secret = this.live(id);
    const { versionId, stage = versionId === undefined ? 'AWSCURRENT' : undefined } = wanted;
    const entry = Object.entries(secret.versions).find(
      ([candidate, { stages }]) =>
        (versionId === undefined || candidate === versionId) && (stage === undefined || stages.includes(stage)),
    );
    if (!entry) {
      const what = stage === undefined ? `VersionId: ${versionId}` : `staging label: ${stage}`;
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${what}`,
      );
    }
    const today = Math.floor(this.#clock.now() / DAY_MS) * DAY_MS;
    if (secret.accessedAt !== today) this.#secrets.set(secret.name, { ...secret, accessedAt: today });
    const [found, { string, base64 }] = entry;
    return {
      secret,
      versionId: found,
      version: entry[1],
      string,
      bytes: base64 === undefined ? undefined : Buffer.from(base64, 'base64'),
    };
  }

  /**
   * Adds a version; it gets the stages, and AWSCURRENT leaves AWSPREVIOUS behind.
   *
   * @returns the version's id
   * @throws AwsError ResourceExistsException when the version has another value
   */
  putValue(
    id: string,
    content: SecretContent,
    versionId: string = randomUUID(),
    stages: readonly string[] = ['AWSCURRENT'],
  ): string {
    const secret = this.live(id);
    const existing = secret.versions[versionId];
    if (existing) {
      if (sameContent(existing, content)) return versionId;
      throw new AwsError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${secret.arn}.`,
      );
    }
    const now = this.#clock.now();
    const added = { ...secret.versions, [versionId]: version(content, [], now) };
    const versions = stages.reduce((staged, stage) => moveStage(staged, stage, versionId), added);
    const changed = this.#change(secret, { versions });
    if (stages.includes('AWSCURRENT')) for (const listener of this.#listeners) listener(changed);
    return versionId;
  }

  /** Moves a stage to a version, or takes it from one. @throws AwsError InvalidParameterException */
  updateStage(id: string, stage: string, { to, from }: { readonly to?: string; readonly from?: string }): Secret {
    const secret = this.live(id);
    const holder = Object.entries(secret.versions).find(([, { stages }]) => stages.includes(stage))?.[0];
    if (to !== undefined && !secret.versions[to])
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret version: ${to}.`,
      );
    if (holder !== undefined && holder !== from && holder !== to) {
      throw new AwsError(
        'InvalidParameterException',
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    if (stage === 'AWSCURRENT' && to === undefined)
      throw new AwsError(
        'InvalidParameterException',
        'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.',
      );
    const versions = to === undefined ? withoutStage(secret.versions, stage) : moveStage(secret.versions, stage, to);
    const changed = this.#change(secret, { versions });
    if (stage === 'AWSCURRENT') for (const listener of this.#listeners) listener(changed);
    return changed;
  }

  update(id: string, changes: Partial<Pick<Secret, 'description' | 'kmsKeyId' | 'tags' | 'policy'>>): Secret {
    return this.#change(this.live(id), changes);
  }

  /** @throws AwsError InvalidParameterException, ResourceNotFoundException */
  delete(
    id: string,
    { recoveryDays = 30, force = false }: { readonly recoveryDays?: number; readonly force?: boolean } = {},
  ): Secret {
    if (recoveryDays < 7 || recoveryDays > 30)
      throw new AwsError(
        'InvalidParameterException',
        'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
      );
    const secret = force ? this.#existing(id) : this.live(id);
    const now = this.#clock.now();
    const deleted = { ...secret, deletedAt: now, recoverableUntil: force ? now : now + recoveryDays * DAY_MS };
    if (force) this.#secrets.delete(secret.name);
    else this.#secrets.set(secret.name, deleted);
    return deleted;
  }

  restore(id: string): Secret {
    const { deletedAt: _deletedAt, recoverableUntil: _recoverableUntil, ...secret } = this.#existing(id);
    this.#secrets.set(secret.name, secret);
    return secret;
  }

  list(): Secret[] {
    return [...this.#secrets.values()].filter((secret) => this.find(secret.name) !== undefined);
  }

  /** Marked for deletion or not. */
  find(id: string): Secret | undefined {
    const secret = this.#secrets.get(id) ?? this.#byArn(id);
    if (secret?.recoverableUntil !== undefined && secret.recoverableUntil <= this.#clock.now()) {
      this.#secrets.delete(secret.name);
      return undefined;
    }
    return secret;
  }

  /** @throws AwsError ResourceNotFoundException, InvalidRequestException when it is marked for deletion */
  live(id: string): Secret {
    const secret = this.#existing(id);
    if (secret.deletedAt !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  }

  #existing(id: string): Secret {
    const secret = this.find(id);
    if (!secret) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return secret;
  }

  #byArn(id: string): Secret | undefined {
    if (!id.startsWith('arn:')) return undefined;
    const name = /:secret:(.+)$/.exec(id)?.[1] ?? '';
    const whole = this.#secrets.get(name.replace(/-[A-Za-z0-9]{6}$/, ''));
    if (whole?.arn === id) return whole;
    const partial = this.#secrets.get(name);
    return partial?.arn.startsWith(`${id}-`) ? partial : undefined;
  }

  #change(secret: Secret, changes: Partial<Secret>): Secret {
    const changed = { ...secret, ...changes, changedAt: this.#clock.now() };
    this.#secrets.set(secret.name, changed);
    return changed;
  }
}

export function hasContent({ string, bytes }: SecretContent): boolean {
  return string !== undefined || bytes !== undefined;
}

function version({ string, bytes }: SecretContent, stages: readonly string[], createdAt: number): SecretVersion {
  if (string !== undefined && bytes !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (Buffer.byteLength(string ?? '') > LARGEST_BYTES || (bytes?.length ?? 0) > LARGEST_BYTES) {
    throw new AwsError(
      'ValidationException',
      `The secret value must have length less than or equal to ${LARGEST_BYTES}.`,
    );
  }
  return {
    stages,
    createdAt,
    ...(bytes === undefined ? { string } : { base64: Buffer.from(bytes).toString('base64') }),
  };
}

function sameContent(existing: SecretVersion, { string, bytes }: SecretContent): boolean {
  return (
    existing.string === string &&
    existing.base64 === (bytes === undefined ? undefined : Buffer.from(bytes).toString('base64'))
  );
}

function withoutStage(versions: Secret['versions'], stage: string): Record<string, SecretVersion> {
  return Object.fromEntries(
    Object.entries(versions).map(([id, entry]) => [
      id,
      { ...entry, stages: entry.stages.filter((other) => other !== stage) },
    ]),
  );
}

/** A version without a stage is deprecated and goes with the change that took its last one, as after a rotation. */
function moveStage(versions: Secret['versions'], stage: string, target: string): Record<string, SecretVersion> {
  const previous = Object.entries(versions).find(([id, { stages }]) => id !== target && stages.includes(stage))?.[0];
  let moved = withoutStage(versions, stage);
  if (stage === 'AWSCURRENT' && previous !== undefined) {
    moved = withoutStage(moved, 'AWSPREVIOUS');
    moved[previous] = { ...moved[previous]!, stages: [...moved[previous]!.stages, 'AWSPREVIOUS'] };
  }
  moved[target] = { ...moved[target]!, stages: [...moved[target]!.stages, stage] };
  return Object.fromEntries(Object.entries(moved).filter(([id, { stages }]) => id === target || stages.length > 0));
}
