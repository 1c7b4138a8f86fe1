import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import type { Keys } from '../kms/keys.ts';
import { decryptSymmetric, encryptSymmetric } from '../kms/symmetric.ts';

const NAME = /^\/?[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,14}$/;
const KEPT_VERSIONS = 100;
const STANDARD_BYTES = 4096;
const ADVANCED_BYTES = 8192;

export type ParameterType = 'String' | 'StringList' | 'SecureString';

export interface ParameterVersion {
  readonly version: number;
  /** Of a SecureString, the ciphertext in base64. */
  readonly value: string;
  readonly type: ParameterType;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
  readonly modifiedBy: string;
  readonly description?: string;
  readonly allowedPattern?: string;
  readonly keyId?: string;
  readonly tier: string;
  readonly dataType: string;
  readonly labels: readonly string[];
}

export interface Parameter {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly versions: readonly ParameterVersion[];
}

export interface NewValue {
  readonly name: string;
  readonly value: string;
  readonly type?: ParameterType;
  readonly overwrite?: boolean;
  readonly description?: string;
  readonly allowedPattern?: string;
  readonly keyId?: string;
  readonly tier?: string;
  readonly dataType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly modifiedBy?: string;
}

/** One version of a parameter, and how the request named it (`:3`, `:label`). */
export interface SelectedVersion {
  readonly parameter: Parameter;
  readonly version: ParameterVersion;
  readonly selector: string;
}

/** Systems Manager's Parameter Store. A SecureString is kept encrypted under its KMS key. */
export class Parameters {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #keys: Keys;
  readonly #parameters: Collection<Parameter>;

  constructor({
    account,
    clock,
    store,
    keys,
  }: {
    readonly account: Account;
    readonly clock: Clock;
    readonly store: Store;
    readonly keys: Keys;
  }) {
    this.#account = account;
    this.#clock = clock;
    this.#keys = keys;
    this.#parameters = store.collection('ssm.parameters');
  }

  /** @throws AwsError ParameterAlreadyExists, ParameterPatternMismatchException, ValidationException */
  put(request: NewValue): ParameterVersion {
    const { name, value, overwrite = false, tags } = request;
    this.#checkName(name);
    const existing = this.#parameters.get(name);
    const last = existing?.versions.at(-1);
    if (existing && !overwrite) {
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    const type = request.type ?? last?.type;
    if (!type) throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
    if (existing && tags && Object.keys(tags).length > 0) {
      throw new AwsError(
        'ValidationException',
        'Invalid request: tags and overwrite can’t be used together. To create a parameter with tags, please remove overwrite flag.',
      );
    }
    const tier = request.tier ?? (Buffer.byteLength(value) > STANDARD_BYTES ? 'Advanced' : 'Standard');
    checkValue(value, tier, request.allowedPattern);
    const key =
      type === 'SecureString'
        ? request.keyId === undefined
          ? this.#keys.managedKey('ssm')
          : this.#keys.usable(request.keyId, 'ENCRYPT_DECRYPT')
        : undefined;
    const parameterArn = this.arnOf(name);
    const version: ParameterVersion = {
      version: (last?.version ?? 0) + 1,
      value: key
        ? encryptSymmetric(key, Buffer.from(value, 'utf8'), { PARAMETER_ARN: parameterArn }).toString('base64')
        : value,
      type,
      modifiedAt: this.#clock.now(),
      modifiedBy: request.modifiedBy ?? `arn:${this.#account.partition}:iam::${this.#account.accountId}:root`,
      description: request.description ?? last?.description,
      allowedPattern: request.allowedPattern,
      keyId: key && (request.keyId ?? 'alias/aws/ssm'),
      tier,
      dataType: request.dataType ?? last?.dataType ?? 'text',
      labels: [],
    };
    const versions = [...(existing?.versions ?? []), version].slice(-KEPT_VERSIONS);
    this.#parameters.set(name, { name, arn: parameterArn, tags: existing?.tags ?? tags ?? {}, versions });
    return version;
  }

  /**
   * @param id name or ARN, perhaps with `:<version>` or `:<label>`
   * @throws AwsError ParameterNotFound, ParameterVersionNotFound
   */
  select(id: string): SelectedVersion {
    const selected = this.trySelect(id);
    if (selected) return selected;
    const known = this.find(id) !== undefined;
    if (known)
      throw new AwsError(
        'ParameterVersionNotFound',
        `Systems Manager could not find version ${selectorOf(id).slice(1)} of ${this.find(id)!.name}.`,
      );
    throw new AwsError('ParameterNotFound', '');
  }

  trySelect(id: string): SelectedVersion | undefined {
    const parameter = this.find(id);
    const selector = selectorOf(id);
    const wanted = selector.slice(1);
    const version =
      wanted === ''
        ? parameter?.versions.at(-1)
        : parameter?.versions.find(
            (candidate) => String(candidate.version) === wanted || candidate.labels.includes(wanted),
          );
    return parameter && version && { parameter, version, selector };
  }

  /** The value in plain text. */
  reveal({ parameter, version }: { readonly parameter: Parameter; readonly version: ParameterVersion }): string {
    if (version.type !== 'SecureString') return version.value;
    return decryptSymmetric(this.#keys, Buffer.from(version.value, 'base64'), {
      PARAMETER_ARN: parameter.arn,
    }).plaintext.toString('utf8');
  }

  find(id: string): Parameter | undefined {
    const name = nameOf(id);
    return this.#parameters.get(name) ?? this.#parameters.get(`/${name}`);
  }

  list(): Parameter[] {
    return [...this.#parameters.values()];
  }

  setTags(id: string, tags: Readonly<Record<string, string>>): void {
    const parameter = this.find(id);
    if (!parameter) throw new AwsError('InvalidResourceId', 'The resource ID is not valid.');
    this.#parameters.set(parameter.name, { ...parameter, tags });
  }

  /** Moves a label to a version; a version has ten at most. */
  label(id: string, versionNumber: number | undefined, labels: readonly string[]): ParameterVersion {
    const { parameter, version: target } = this.select(versionNumber === undefined ? id : `${id}:${versionNumber}`);
    const versions = parameter.versions.map((version) => {
      const kept = version.labels.filter((label) => !labels.includes(label));
      return { ...version, labels: version.version === target.version ? [...kept, ...labels] : kept };
    });
    this.#parameters.set(parameter.name, { ...parameter, versions });
    return target;
  }

  /** @returns whether there was one */
  delete(id: string): boolean {
    const parameter = this.find(id);
    return parameter !== undefined && this.#parameters.delete(parameter.name);
  }

  /** A name that begins with a slash has it once in its ARN. */
  arnOf(name: string): string {
    return arn(this.#account, 'ssm', `parameter/${nameOf(name).replace(/^\//, '')}`);
  }

  #checkName(name: string): void {
    if (!NAME.test(name)) {
      throw new AwsError(
        'ValidationException',
        'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
      );
    }
    const forbidden = /^\/?(aws|ssm)/i.exec(name)?.[1];
    if (forbidden)
      throw new AwsError(
        forbidden.toLowerCase() === 'aws' ? 'AccessDeniedException' : 'ValidationException',
        `No access to reserved parameter name: ${name}.`,
      );
  }
}

function checkValue(value: string, tier: string, allowedPattern: string | undefined): void {
  const limit = tier === 'Standard' ? STANDARD_BYTES : ADVANCED_BYTES;
  if (value === '' || Buffer.byteLength(value) > limit) {
    throw new AwsError(
      'ValidationException',
      `${tier} tier parameters support a maximum parameter value of ${limit} characters, and at least one.`,
    );
  }
  if (allowedPattern === undefined || allowedPattern === '') return;
  let pattern: RegExp;
  try {
    pattern = new RegExp(allowedPattern);
  } catch {
    throw new AwsError(
      'InvalidAllowedPatternException',
      'The request does not meet the regular expression requirement.',
    );
  }
  if (!pattern.test(value))
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`,
    );
}

function nameOf(id: string): string {
  const local = /^arn:[^:]*:ssm:[^:]*:[^:]*:parameter(\/.+)$/.exec(id)?.[1] ?? id;
  return local.split(':')[0]!;
}

function selectorOf(id: string): string {
  const local = /^arn:[^:]*:ssm:[^:]*:[^:]*:parameter(\/.+)$/.exec(id)?.[1] ?? id;
  const separator = local.indexOf(':');
  return separator < 0 ? '' : local.slice(separator);
}
