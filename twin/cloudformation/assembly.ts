import path from 'node:path';

import { type Account, DEFAULT_ACCOUNT } from '../account.ts';
import { IovError } from '../errors.ts';
import { isRecord, readJsonFile, readTemplate, type Template } from './template.ts';

/** A stack artifact of a cloud assembly. */
export interface AssemblyStack {
  readonly artifactId: string;
  readonly stackName: string;
  /** The construct path that the CDK CLI shows, e.g. `dev/Ingest`. */
  readonly displayName: string;
  /** Display names of the CDK Stages around it, outermost first. */
  readonly stages: readonly string[];
  /** Absolute folder of the (possibly nested) assembly that holds the template. */
  readonly folder: string;
  readonly templateFile: string;
  /** Absent where the app left the environment open (`unknown-account`, `unknown-region`). */
  readonly accountId?: string;
  readonly region?: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Artifact ids in the same manifest. */
  readonly dependencies: readonly string[];
  /** Reads the template at the first call. */
  template(): Template;
}

export interface CloudAssembly {
  readonly folder: string;
  readonly stacks: readonly AssemblyStack[];
}

/**
 * Reads what `cdk synth` wrote, the assemblies of CDK Stages included. Templates are read when they are asked for.
 *
 * @throws IovError IOV_ASSEMBLY_MISSING or IOV_ASSEMBLY_BROKEN, naming the file
 */
export function readAssembly(folder: string): CloudAssembly {
  const root = path.resolve(folder);
  return { folder: root, stacks: readStacks(root, []) };
}

function readStacks(folder: string, stages: readonly string[]): AssemblyStack[] {
  const file = path.join(folder, 'manifest.json');
  const artifacts = readJsonFile(file)['artifacts'] ?? {};
  if (!isRecord(artifacts)) throw new IovError('IOV_ASSEMBLY_BROKEN', `${file}: "artifacts" is not an object.`);
  return Object.entries(artifacts).flatMap(([artifactId, artifact]) => {
    if (!isRecord(artifact))
      throw new IovError('IOV_ASSEMBLY_BROKEN', `${file}: the artifact ${artifactId} is not an object.`);
    const properties = isRecord(artifact['properties']) ? artifact['properties'] : {};
    switch (artifact['type']) {
      case 'cdk:cloud-assembly': {
        const directory = requireText(properties['directoryName'], file, artifactId, 'directoryName');
        const stage = (properties['displayName'] as string | undefined) ?? artifactId.replace(/^assembly-/, '');
        return readStacks(path.join(folder, directory), [...stages, stage]);
      }
      case 'aws:cloudformation:stack':
        return [stackArtifact({ folder, file, stages, artifactId, artifact, properties })];
      default:
        return [];
    }
  });
}

interface StackArtifact {
  readonly folder: string;
  readonly file: string;
  readonly stages: readonly string[];
  readonly artifactId: string;
  readonly artifact: Record<string, unknown>;
  readonly properties: Record<string, unknown>;
}

function stackArtifact({ folder, file, stages, artifactId, artifact, properties }: StackArtifact): AssemblyStack {
  const templateFile = path.join(folder, requireText(properties['templateFile'], file, artifactId, 'templateFile'));
  const environment = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(
    String(artifact['environment'] ?? 'aws://unknown-account/unknown-region'),
  );
  if (!environment) {
    throw new IovError(
      'IOV_ASSEMBLY_BROKEN',
      `${file}: the environment "${String(artifact['environment'])}" of ${artifactId} is not aws://account/region.`,
    );
  }
  const [, accountId, region] = environment;
  let template: Template | undefined;
  return {
    artifactId,
    stackName: (properties['stackName'] as string | undefined) ?? artifactId,
    displayName: (artifact['displayName'] as string | undefined) ?? artifactId,
    stages,
    folder,
    templateFile,
    accountId: accountId === 'unknown-account' ? undefined : accountId,
    region: region === 'unknown-region' ? undefined : region,
    parameters: (properties['parameters'] as Record<string, string> | undefined) ?? {},
    dependencies: (artifact['dependencies'] as string[] | undefined) ?? [],
    template: () => (template ??= readTemplate(templateFile)),
  };
}

function requireText(value: unknown, file: string, artifactId: string, member: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new IovError('IOV_ASSEMBLY_BROKEN', `${file}: the artifact ${artifactId} has no ${member}.`);
}

/** The partition that a Region belongs to. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** A stack's own account and Region; `fallback` fills what the app left open. */
export function stackAccount(
  stack: Pick<AssemblyStack, 'accountId' | 'region'>,
  fallback: Account = DEFAULT_ACCOUNT,
): Account {
  const region = stack.region ?? fallback.region;
  return {
    accountId: stack.accountId ?? fallback.accountId,
    region,
    partition: stack.region ? partitionOf(region) : fallback.partition,
  };
}

/**
 * The one account and Region that a twin of these stacks plays: that of most of them (the first, if several are as
 * frequent), since a stack or two elsewhere (us-east-1 for a CDN) does not move the cell.
 */
export function assemblyAccount(stacks: readonly AssemblyStack[], fallback: Account = DEFAULT_ACCOUNT): Account {
  const votes = new Map<string, { account: Account; count: number }>();
  for (const stack of stacks) {
    if (!stack.accountId && !stack.region) continue;
    const account = stackAccount(stack, fallback);
    const key = `${account.accountId}/${account.region}`;
    votes.set(key, { account, count: (votes.get(key)?.count ?? 0) + 1 });
  }
  let winner: { account: Account; count: number } | undefined;
  for (const vote of votes.values()) if (!winner || vote.count > winner.count) winner = vote;
  return winner?.account ?? fallback;
}
