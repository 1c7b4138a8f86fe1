import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { arn } from '../account.ts';
import { generatedName } from '../cloudformation/physical-names.ts';
import { findFileAsset } from '../cloudformation/assets.ts';
import type {
  ExistingResource,
  ProvisionedResource,
  ResourceProvider,
  ResourceRequest,
} from '../cloudformation/provider.ts';
import { functionNameOf, type FunctionDefinition } from './definition.ts';
import type { Functions } from './functions.ts';

type Properties = Readonly<Record<string, unknown>>;

/** The folder of an asset (CDK names it in the resource's metadata; else by the hash in the S3 key), or of inline code. */
function codeFolder(request: ResourceRequest, name: string, inlineFolder: string): { folder: string; hash: string } {
  const code = (request.properties['Code'] ?? {}) as Properties;
  if (typeof code['ZipFile'] === 'string') {
    const hash = createHash('sha256').update(code['ZipFile']).digest('hex');
    const folder = join(inlineFolder, `${name}-${hash.slice(0, 12)}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.js'), code['ZipFile']);
    return { folder, hash };
  }
  const named = request.metadata?.['aws:asset:path'];
  const key =
    String(code['S3Key'] ?? '')
      .replace(/\.zip$/, '')
      .split('/')
      .at(-1) ?? '';
  const asset = typeof named === 'string' ? undefined : findFileAsset(request.assemblyFolder, key);
  const path = typeof named === 'string' ? named : (asset?.path ?? `asset.${key}`);
  const folder = isAbsolute(path) ? path : join(request.assemblyFolder, path);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new Error(`the code of function ${name} is not in the assembly: no folder ${folder}`);
  }
  return { folder, hash: key || folder };
}

function definitionOf(request: ResourceRequest, name: string, inlineFolder: string): FunctionDefinition {
  const { properties, account } = request;
  const code = codeFolder(request, name, inlineFolder);
  const environment = ((properties['Environment'] as Properties | undefined)?.['Variables'] ?? {}) as Record<
    string,
    unknown
  >;
  return {
    name,
    arn: arn(account, 'lambda', `function:${name}`),
    runtime: String(properties['Runtime'] ?? ''),
    handler: String(properties['Handler'] ?? 'index.handler'),
    codeFolder: code.folder,
    codeHash: code.hash,
    environment: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)])),
    timeoutSeconds: Number(properties['Timeout'] ?? 3),
    memoryMegabytes: Number(properties['MemorySize'] ?? 128),
    roleArn: String(properties['Role']),
    description: properties['Description'] as string | undefined,
    architecture: ((properties['Architectures'] as string[] | undefined) ?? ['x86_64'])[0]!,
    reservedConcurrency:
      properties['ReservedConcurrentExecutions'] === undefined
        ? undefined
        : Number(properties['ReservedConcurrentExecutions']),
    deadLetterArn: (properties['DeadLetterConfig'] as Properties | undefined)?.['TargetArn'] as string | undefined,
    lastModified: new Date().toISOString(),
  };
}

function functionProvider(functions: Functions, inlineFolder: string): ResourceProvider {
  const apply = (request: ResourceRequest, name: string): ProvisionedResource => {
    const definition = definitionOf(request, name, inlineFolder);
    functions.define(definition);
    return { physicalId: name, attributes: { Arn: definition.arn } };
  };
  const nameFor = (request: ResourceRequest): string =>
    (request.properties['FunctionName'] as string | undefined) ??
    generatedName(request.stackName, request.logicalId, 64);
  return {
    type: 'AWS::Lambda::Function',
    create: (request) => apply(request, nameFor(request)),
    update: (request) => apply(request, nameFor(request)),
    delete: (request) => functions.undefine(request.physicalId),
  };
}

function permissionProvider(functions: Functions): ResourceProvider {
  const apply = ({ properties, logicalId }: ResourceRequest): ProvisionedResource => {
    functions.permit({
      statementId: logicalId,
      functionName: functionNameOf(String(properties['FunctionName'])),
      action: String(properties['Action']),
      principal: String(properties['Principal']),
      sourceArn: properties['SourceArn'] as string | undefined,
      sourceAccount: properties['SourceAccount'] as string | undefined,
    });
    return { physicalId: logicalId, attributes: { Id: logicalId } };
  };
  const remove = (properties: Properties, logicalId: string): void =>
    functions.forbid(functionNameOf(String(properties['FunctionName'])), logicalId);
  return {
    type: 'AWS::Lambda::Permission',
    create: apply,
    update: (request) => {
      remove(request.previousProperties, request.physicalId);
      return apply(request);
    },
    delete: (request) => remove(request.previousProperties, request.physicalId),
  };
}

function eventInvokeConfigProvider(functions: Functions): ResourceProvider {
  const apply = ({ properties }: ResourceRequest): ProvisionedResource => {
    const name = functionNameOf(String(properties['FunctionName']));
    const destinations = (properties['DestinationConfig'] ?? {}) as Record<string, Properties | undefined>;
    if (destinations['OnSuccess'])
      throw new Error('an OnSuccess destination is not executed by the twin; OnFailure is');
    functions.configureAsync(name, {
      ...(properties['MaximumRetryAttempts'] !== undefined && {
        maximumRetryAttempts: Number(properties['MaximumRetryAttempts']),
      }),
      ...(properties['MaximumEventAgeInSeconds'] !== undefined && {
        maximumEventAgeSeconds: Number(properties['MaximumEventAgeInSeconds']),
      }),
      onFailureArn: destinations['OnFailure']?.['Destination'] as string | undefined,
    });
    return { physicalId: `${name}|$LATEST` };
  };
  return {
    type: 'AWS::Lambda::EventInvokeConfig',
    create: apply,
    update: apply,
    delete: (request: ExistingResource) =>
      functions.configureAsync(functionNameOf(request.physicalId.split('|')[0]!), undefined),
  };
}

/**
 * CloudFormation's Lambda resources.
 *
 * @param inlineFolder where code that a template holds inline is written to
 */
export function lambdaProviders(functions: Functions, inlineFolder: string): ResourceProvider[] {
  return [
    functionProvider(functions, inlineFolder),
    permissionProvider(functions),
    eventInvokeConfigProvider(functions),
  ];
}
