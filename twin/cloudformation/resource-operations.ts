import { isDeepStrictEqual } from 'node:util';

import { arn } from '../account.ts';
import { IovError } from '../errors.ts';
import { isCustomResource, livenessOf } from './classification.ts';
import type { ResourceRecord } from './deployment-state.ts';
import { resolveDynamicReferences } from './dynamic-references.ts';
import type { Engine, ProgressEvent } from './engine.ts';
import { inertResource } from './inert-resource.ts';
import { generatedName } from './physical-names.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from './provider.ts';

/** A resource as the template wants it: intrinsic functions resolved, dynamic references not. */
export interface DesiredResource {
  readonly stackKey: string;
  readonly request: ResourceRequest;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy?: string;
  readonly updateReplacePolicy?: string;
}

export type Outcome = Extract<ProgressEvent['action'], 'created' | 'updated' | 'unchanged'>;

/** Makes the resource be as desired, and records it. What it replaces is scheduled for removal. */
export async function applyResource(desired: DesiredResource, engine: Engine): Promise<Outcome> {
  const { request, stackKey } = desired;
  const liveness = livenessOf(request.type, engine.liveTypes, engine.inert);
  const saved = engine.state.resource(stackKey, request.logicalId);
  const record = (provisioned: ProvisionedResource): ResourceRecord => ({
    stackKey,
    logicalId: request.logicalId,
    type: request.type,
    liveness,
    physicalId: provisioned.physicalId,
    attributes: provisioned.attributes ?? {},
    properties: request.properties,
    metadata: request.metadata,
    assemblyFolder: request.assemblyFolder,
    dependsOn: desired.dependsOn,
    deletionPolicy: desired.deletionPolicy,
    updateReplacePolicy: desired.updateReplacePolicy,
    ...(isCustomResource(request.type) && { surroundings: engine.surroundings }),
  });
  const existing = saved?.type === request.type && saved.liveness === liveness ? saved : undefined;

  if (liveness !== 'live') {
    const made = record(
      liveness === 'inert' ? inertResource(engine.inert[request.type]!, request) : placeholder(request),
    );
    if (saved?.liveness === 'live') engine.state.scheduleRemoval(saved);
    if (isDeepStrictEqual(asSaved(made), saved)) return 'unchanged';
    engine.state.saveResource(made);
    return existing ? 'updated' : 'created';
  }
  const moved = isCustomResource(request.type) && existing?.surroundings !== engine.surroundings;
  if (existing && !moved && !needsUpdate(existing, request)) {
    const made = record(await asItIsNow(existing, request, engine));
    if (!isDeepStrictEqual(asSaved(made), existing)) engine.state.saveResource(made);
    return 'unchanged';
  }

  const provider = providerOf(request.type, engine);
  const { stackName, logicalId, type } = request;
  engine.report({ stackName, logicalId, type, action: existing ? 'updating' : 'creating' });
  try {
    const resolved = await withSecrets(request, engine);
    const provisioned = existing
      ? await provider.update({
          ...resolved,
          physicalId: existing.physicalId,
          previousProperties: await previousWithSecrets(existing, engine),
        })
      : await provider.create(resolved);
    if (saved?.liveness === 'live' && (!existing || provisioned.physicalId !== saved.physicalId))
      engine.state.scheduleRemoval(saved);
    engine.state.saveResource(record(provisioned));
  } catch (error) {
    throw resourceFailure(request, existing ? 'updated' : 'created', error);
  }
  return existing ? 'updated' : 'created';
}

/** Deletes what a record stands for. Inert and unsupported resources only stood in the record. */
export async function deleteResource(
  record: ResourceRecord,
  stack: Pick<ResourceRequest, 'stackName' | 'stackId' | 'account'>,
  engine: Engine,
): Promise<void> {
  if (record.liveness !== 'live') return;
  const { logicalId, type, physicalId, metadata, assemblyFolder } = record;
  const properties = await previousWithSecrets(record, engine);
  const request: ResourceRequest = { ...stack, logicalId, type, properties, metadata, assemblyFolder };
  engine.report({ stackName: stack.stackName, logicalId, type, action: 'deleting' });
  try {
    await providerOf(type, engine).delete({ ...request, physicalId, previousProperties: properties });
  } catch (error) {
    throw resourceFailure(request, 'deleted', error);
  }
}

/** Only few providers have anything to say here, so secrets are fetched for those alone. */
async function asItIsNow(
  existing: ResourceRecord,
  request: ResourceRequest,
  engine: Engine,
): Promise<ProvisionedResource> {
  const provider = providerOf(request.type, engine);
  if (!provider.read) return existing;
  try {
    const resolved = await withSecrets(request, engine);
    return await provider.read({
      ...resolved,
      physicalId: existing.physicalId,
      previousProperties: resolved.properties,
    });
  } catch (error) {
    throw resourceFailure(request, 'read', error);
  }
}

function providerOf(type: string, engine: Engine): ResourceProvider {
  const provider =
    engine.providers.get(type) ?? (isCustomResource(type) ? engine.providers.get('Custom::*') : undefined);
  if (!provider) throw new Error(`There is no provider for ${type}.`);
  return provider;
}

/**
 * Properties decide. A resource that names an asset by its hash is also updated when the assembly has moved, since its
 * provider may have kept the asset's path.
 */
function needsUpdate(existing: ResourceRecord, request: ResourceRequest): boolean {
  if (!isDeepStrictEqual(asSaved(request.properties), existing.properties)) return true;
  return existing.assemblyFolder !== request.assemblyFolder && /[0-9a-f]{64}/.test(JSON.stringify(request.properties));
}

/** As the store gives it back: without what JSON cannot hold. */
function asSaved(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** A nested stack passes references on, for its own resources to resolve: its state must not hold a secret either. */
async function withSecrets(request: ResourceRequest, engine: Engine): Promise<ResourceRequest> {
  if (request.type === 'AWS::CloudFormation::Stack') return request;
  return {
    ...request,
    properties: (await resolveDynamicReferences(
      request.properties,
      engine.references,
    )) as ResourceRequest['properties'],
  };
}

/** What was referred to may be gone by now; then the reference itself stands for its value. */
async function previousWithSecrets(record: ResourceRecord, engine: Engine): Promise<ResourceRequest['properties']> {
  try {
    return (await resolveDynamicReferences(record.properties, engine.references)) as ResourceRequest['properties'];
  } catch {
    return record.properties;
  }
}

function placeholder(request: ResourceRequest): ProvisionedResource {
  const [, service = 'unsupported', kind = 'resource'] = request.type.toLowerCase().split('::');
  const physicalId = generatedName(request.stackName, request.logicalId);
  return { physicalId, attributes: { Arn: arn(request.account, service, `${kind}/${physicalId}`) } };
}

function resourceFailure(request: ResourceRequest, what: string, error: unknown): IovError {
  if (error instanceof IovError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const where = `Stack ${request.stackName}, resource ${request.logicalId} (${request.type})`;
  return new IovError('IOV_RESOURCE_FAILED', `${where} could not be ${what}: ${reason.replace(/\.$/, '')}.`, {
    cause: error,
  });
}
