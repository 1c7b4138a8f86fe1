import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { SystemClock } from '../../../twin/clock.ts';
import { readAssembly } from '../../../twin/cloudformation/assembly.ts';
import { type DeployOptions, type Deployment, deployAssembly } from '../../../twin/cloudformation/deploy.ts';
import type { ProgressEvent } from '../../../twin/cloudformation/engine.ts';
import type { ExistingResource, ResourceProvider, ResourceRequest } from '../../../twin/cloudformation/provider.ts';
import type { LambdaInvoker } from '../../../twin/lambda/invoker.ts';
import { openStore, type Store } from '../../../twin/state/store.ts';

export interface StackFixture {
  readonly template: unknown;
  readonly environment?: string;
  readonly dependencies?: readonly string[];
  readonly parameters?: Record<string, string>;
  readonly displayName?: string;
  readonly stackName?: string;
}

/** Writes a cloud assembly with these stacks, by artifact id, and answers its folder. */
export function writeAssembly(
  stacks: Record<string, StackFixture>,
  folder = mkdtempSync(path.join(tmpdir(), 'assembly-')),
  artifacts: Record<string, unknown> = {},
): string {
  mkdirSync(folder, { recursive: true });
  for (const [id, { template, environment, dependencies, parameters, displayName, stackName }] of Object.entries(
    stacks,
  )) {
    writeFileSync(path.join(folder, `${id}.template.json`), JSON.stringify(template));
    artifacts[id] = {
      type: 'aws:cloudformation:stack',
      environment: environment ?? 'aws://unknown-account/unknown-region',
      displayName,
      dependencies,
      properties: { templateFile: `${id}.template.json`, parameters, stackName },
    };
  }
  writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({ version: '55.0.0', artifacts }));
  return folder;
}

/** A provider that remembers what it was asked; its physical id is the property `Name`, or else the logical id. */
export class RecordingProvider implements ResourceProvider {
  readonly calls: string[] = [];
  readonly requests: (ResourceRequest | ExistingResource)[] = [];
  /** Runs before every call; may throw or wait. */
  before: (call: string) => Promise<void> | void = () => undefined;

  readonly type: string;

  constructor(type: string) {
    this.type = type;
  }

  async create(request: ResourceRequest) {
    await this.#note(`create ${request.logicalId}`, request);
    return this.#made(request);
  }

  async update(request: ExistingResource) {
    await this.#note(`update ${request.logicalId}`, request);
    return this.#made(request);
  }

  async delete(request: ExistingResource) {
    await this.#note(`delete ${request.physicalId}`, request);
  }

  async #note(call: string, request: ResourceRequest): Promise<void> {
    await this.before(call);
    this.calls.push(call);
    this.requests.push(request);
  }

  #made({ properties, logicalId, account }: ResourceRequest) {
    const physicalId = String(properties['Name'] ?? logicalId);
    return {
      physicalId,
      attributes: {
        Arn: `arn:aws:${this.type.split('::').at(-2)!.toLowerCase()}:${account.region}:${account.accountId}:${physicalId}`,
        Value: properties['Value'],
      },
    };
  }
}

export const NO_FUNCTIONS: LambdaInvoker = {
  invoke: async (name) => {
    throw new Error(`There is no function ${name}.`);
  },
};

/** One deployment after another onto the same state, as restarts of the twin are. */
export class Twin {
  readonly store: Store = openStore(':memory:');
  readonly thing = new RecordingProvider('Test::Thing');
  readonly progress: ProgressEvent[] = [];
  folder = '';

  /** Deploys these stacks, from the same folder every time. */
  async deploy(stacks: Record<string, StackFixture>, options: Partial<DeployOptions> = {}): Promise<Deployment> {
    this.folder = writeAssembly(stacks, this.folder || undefined);
    return this.deployFolder(this.folder, options);
  }

  async deployFolder(folder: string, options: Partial<DeployOptions> = {}): Promise<Deployment> {
    this.thing.calls.length = this.thing.requests.length = this.progress.length = 0;
    return deployAssembly({
      assembly: readAssembly(folder),
      providers: [this.thing],
      store: this.store,
      clock: new SystemClock(),
      invoker: NO_FUNCTIONS,
      onProgress: (event) => this.progress.push(event),
      ...options,
    });
  }
}

/** A template of `Test::Thing`s, by logical id. */
export function things(
  resources: Record<string, Record<string, unknown>>,
  rest: Record<string, unknown> = {},
): StackFixture {
  const Resources = Object.fromEntries(
    Object.entries(resources).map(
      ([logicalId, { Type, DependsOn, Condition, DeletionPolicy, UpdateReplacePolicy, Metadata, ...Properties }]) => [
        logicalId,
        {
          Type: Type ?? 'Test::Thing',
          DependsOn,
          Condition,
          DeletionPolicy,
          UpdateReplacePolicy,
          Metadata,
          Properties,
        },
      ],
    ),
  );
  return { template: { Resources, ...rest } };
}
