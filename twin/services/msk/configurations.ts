import { randomUUID } from 'node:crypto';

import { arn } from '../../account.ts';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';

export interface ConfigurationRevision {
  readonly revision: number;
  readonly createdAt: number;
  readonly description?: string;
  readonly serverProperties: string;
}

export interface Configuration {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  readonly kafkaVersions: readonly string[];
  readonly createdAt: number;
  readonly revisions: readonly ConfigurationRevision[];
}

/** MSK configurations: server properties by revision. */
export class Configurations {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #configurations: Collection<Configuration>;

  constructor({ account, clock, store }: { readonly account: Account; readonly clock: Clock; readonly store: Store }) {
    this.#account = account;
    this.#clock = clock;
    this.#configurations = store.collection('msk.configurations');
  }

  /** @throws AwsError ConflictException, BadRequestException */
  create(
    name: string,
    serverProperties: string,
    description?: string,
    kafkaVersions: readonly string[] = [],
  ): Configuration {
    if (!/^[0-9A-Za-z][0-9A-Za-z-]*$/.test(name))
      throw new AwsError('BadRequestException', 'The configuration name is invalid.', 400, {
        invalidParameter: 'name',
      });
    if (this.list().some((other) => other.name === name))
      throw new AwsError('ConflictException', `A resource already exists with this name: ${name}.`, 409);
    const now = this.#clock.now();
    const configuration: Configuration = {
      arn: arn(this.#account, 'kafka', `configuration/${name}/${randomUUID()}-1`),
      name,
      description,
      kafkaVersions,
      createdAt: now,
      revisions: [{ revision: 1, createdAt: now, description, serverProperties }],
    };
    this.#configurations.set(configuration.arn, configuration);
    return configuration;
  }

  /** @throws AwsError NotFoundException */
  get(configurationArn: string): Configuration {
    const configuration = this.#configurations.get(configurationArn);
    if (!configuration)
      throw new AwsError('NotFoundException', 'The configuration does not exist.', 404, { invalidParameter: 'arn' });
    return configuration;
  }

  find(configurationArn: string): Configuration | undefined {
    return this.#configurations.get(configurationArn);
  }

  /** @throws AwsError NotFoundException */
  revision(configurationArn: string, revision: number): ConfigurationRevision {
    const found = this.get(configurationArn).revisions.find((candidate) => candidate.revision === revision);
    if (!found)
      throw new AwsError('NotFoundException', 'The configuration revision does not exist.', 404, {
        invalidParameter: 'revision',
      });
    return found;
  }

  addRevision(configurationArn: string, serverProperties: string, description?: string): Configuration {
    const configuration = this.get(configurationArn);
    const revision = {
      revision: configuration.revisions.length + 1,
      createdAt: this.#clock.now(),
      description,
      serverProperties,
    };
    const changed = { ...configuration, revisions: [...configuration.revisions, revision] };
    this.#configurations.set(configurationArn, changed);
    return changed;
  }

  list(): Configuration[] {
    return [...this.#configurations.values()];
  }

  delete(configurationArn: string): void {
    this.get(configurationArn);
    this.#configurations.delete(configurationArn);
  }
}
