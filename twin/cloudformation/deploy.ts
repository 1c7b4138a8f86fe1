import type { Account } from '../account.ts';
import { DEFAULT_ACCOUNT } from '../account.ts';
import type { Clock } from '../clock.ts';
import { IovError } from '../errors.ts';
import type { LambdaInvoker } from '../lambda/invoker.ts';
import type { Store } from '../state/store.ts';
import { type AssemblyStack, assemblyAccount, type CloudAssembly, stackAccount } from './assembly.ts';
import { type ClassificationRow, classify, type Liveness } from './classification.ts';
import { customResourceProvider } from './custom-resource.ts';
import { type ResponseServer, startResponseServer } from './custom-resource-responses.ts';
import { DeploymentState } from './deployment-state.ts';
import type { ReferenceSource } from './dynamic-references.ts';
import type { Engine, ProgressEvent } from './engine.ts';
import { INERT_CATALOGUE, type InertCatalogue } from './inert-catalogue.ts';
import { nestedStackProvider } from './nested-stack.ts';
import type { ResourceProvider } from './provider.ts';
import { declaredResources } from './declared-resources.ts';
import { deployStack, destroyStack } from './stack-deployment.ts';
import { selectStacks } from './stack-selection.ts';

export interface DeployOptions {
  readonly assembly: CloudAssembly;
  /** Stages or stacks by name (see `selectStacks`); all when empty. */
  readonly select?: readonly string[];
  readonly providers: readonly ResourceProvider[];
  readonly inert?: InertCatalogue;
  readonly store: Store;
  readonly clock: Clock;
  /** Runs the functions of custom resources. */
  readonly invoker: LambdaInvoker;
  /** Values of `{{resolve:…}}` and of SSM-typed parameters. */
  readonly references?: ReferenceSource;
  /** Fills what the app left open. */
  readonly account?: Account;
  /** Parameter values by stack name, over those of the assembly. */
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Refuse to start when a resource type is unsupported. */
  readonly strict?: boolean;
  /** Told the table before anything is made. */
  readonly onClassified?: (table: readonly ClassificationRow[]) => void;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Where the twin's services are, e.g. its ports. A custom resource's answer may hold such an address. */
  readonly surroundings?: string;
  /** Resources of one stack that are made at the same time; 8 when absent. */
  readonly concurrency?: number;
}

export interface DeployedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly liveness: Liveness;
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface DeployedStack {
  readonly stackName: string;
  readonly displayName: string;
  readonly stackId: string;
  readonly account: Account;
  readonly outputs: Readonly<Record<string, string>>;
  readonly resources: readonly DeployedResource[];
}

export interface Deployment {
  /** What most of the stacks play; see `assemblyAccount`. */
  readonly account: Account;
  readonly table: readonly ClassificationRow[];
  readonly stacks: readonly DeployedStack[];
  /** Stacks of earlier runs that are still there though this run did not select them, as in AWS. */
  readonly leftOver: readonly string[];
}

/**
 * Executes the templates of a cloud assembly. What earlier runs made and has not changed is left alone; a failed run
 * keeps what it made, and the next one goes on from there (as `cdk deploy --no-rollback` does).
 *
 * @throws IovError IOV_ASSEMBLY_MISSING, IOV_ASSEMBLY_BROKEN, IOV_RESOURCE_UNSUPPORTED (strict, before anything is
 *   made), IOV_RESOURCE_FAILED, or a provider's own IovError
 */
export async function deployAssembly(options: DeployOptions): Promise<Deployment> {
  const stacks = selectStacks(options.assembly, options.select);
  const account = assemblyAccount(stacks, options.account ?? DEFAULT_ACCOUNT);
  const accountOf = (stack: AssemblyStack): Account => stackAccount(stack, account);
  const { engine, close } = startEngine(options);
  try {
    const declared = [];
    for (const stack of stacks) declared.push(...(await declaredResources(stack, accountOf(stack), engine)));
    const table = classify(declared, engine.liveTypes, engine.inert);
    options.onClassified?.(table);
    if (options.strict) refuseUnsupported(table);

    const deployed: DeployedStack[] = [];
    for (const stack of stacks) {
      const { stackKey, stackName, stackId, outputs } = await deployStack(
        {
          stackName: stack.stackName,
          account: accountOf(stack),
          template: stack.template(),
          parameters: { ...stack.parameters, ...options.parameters?.[stack.stackName] },
          assemblyFolder: stack.folder,
        },
        engine,
      );
      const resources = engine.state
        .resources(stackKey)
        .map(({ logicalId, type, liveness, physicalId, attributes }) => ({
          logicalId,
          type,
          liveness,
          physicalId,
          attributes,
        }));
      deployed.push({
        stackName,
        displayName: stack.displayName,
        stackId,
        account: accountOf(stack),
        outputs,
        resources,
      });
    }
    const selected = new Set(stacks.map((stack) => DeploymentState.stackKey(accountOf(stack), stack.stackName)));
    const leftOver = engine.state.stacks().filter((stack) => !stack.parent && !selected.has(stack.stackKey));
    return { account, table, stacks: deployed, leftOver: leftOver.map((stack) => stack.stackName) };
  } finally {
    await close();
  }
}

export type DestroyOptions = Pick<
  DeployOptions,
  'providers' | 'inert' | 'store' | 'clock' | 'invoker' | 'references' | 'onProgress'
> & {
  /** Names of stacks, nested ones not among them; all of the state when absent. */
  readonly stackNames?: readonly string[];
};

/**
 * Deletes stacks of earlier runs, the newest first, as `cdk destroy` does.
 *
 * @throws IovError IOV_RESOURCE_FAILED when a resource cannot be deleted
 */
export async function destroyStacks(options: DestroyOptions): Promise<void> {
  const { engine, close } = startEngine(options);
  try {
    const stacks = engine.state
      .stacks()
      .filter((stack) => !stack.parent && (options.stackNames?.includes(stack.stackName) ?? true));
    for (const stack of stacks.reverse()) await destroyStack(stack, engine);
  } finally {
    await close();
  }
}

function startEngine(options: DestroyOptions & Pick<DeployOptions, 'concurrency' | 'surroundings'>): {
  engine: Engine;
  close(): Promise<void>;
} {
  const report = (event: ProgressEvent): void => options.onProgress?.(event);
  let responses: Promise<ResponseServer> | undefined;
  const custom = customResourceProvider({
    invoker: options.invoker,
    clock: options.clock,
    responses: () => (responses ??= startResponseServer()),
    onWaiting: ({ stackName, logicalId, type }, seconds) =>
      report({
        stackName,
        logicalId,
        type,
        action: 'waiting',
        detail: `its function has returned; its response may come within ${seconds} s`,
      }),
  });
  const own: ResourceProvider[] = [{ type: 'Custom::*', ...custom }, nestedStackProvider(() => engine)];
  const engine: Engine = {
    state: new DeploymentState(options.store),
    providers: new Map([...own, ...options.providers].map((provider) => [provider.type, provider])),
    liveTypes: new Set(options.providers.map((provider) => provider.type)),
    inert: options.inert ?? INERT_CATALOGUE,
    references: options.references,
    surroundings: options.surroundings,
    concurrency: options.concurrency ?? 8,
    report,
  };
  return { engine, close: async () => (await responses)?.close() };
}

function refuseUnsupported(table: readonly ClassificationRow[]): void {
  const rows = table.filter((row) => row.liveness === 'unsupported');
  if (rows.length === 0) return;
  const listed = rows.map((row) => `${row.type} (${row.resources.join(', ')})`).join('; ');
  throw new IovError(
    'IOV_RESOURCE_UNSUPPORTED',
    `The assembly has resources that the twin does not execute: ${listed}.`,
  );
}
