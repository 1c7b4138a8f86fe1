import type * as iot from '@aws-sdk/client-iot';

import type {
  ExistingResource,
  ProvisionedResource,
  ResourceProvider,
  ResourceRequest,
} from '../../cloudformation/provider.ts';
import { camelCased, documentOf, nameOf, tagsOf } from '../registry/providers/properties.ts';
import type { Registry } from '../registry/registry.ts';
import { refuseForeignMembers } from './job-operations.ts';
import { newJobTemplate } from './job-template-operations.ts';
import type { JobRecord, SchedulingConfig, TargetSelection } from './job.ts';
import type { Jobs } from './jobs.ts';

const LONGEST_ID = 64;

/** What UpdateJob can change; anything else of a job needs another one. */
const CHANGEABLE = [
  'Description',
  'PresignedUrlConfig',
  'JobExecutionsRolloutConfig',
  'AbortConfig',
  'TimeoutConfig',
  'JobExecutionsRetryConfig',
];

/** `AWS::IoT::Job` and `AWS::IoT::JobTemplate`: Ref is the id, GetAtt has Arn. */
export function jobProviders(jobs: Jobs, registry: Registry): ResourceProvider[] {
  return [jobProvider(jobs, registry), jobTemplateProvider(jobs, registry)];
}

function jobProvider(jobs: Jobs, registry: Registry): ResourceProvider {
  const settled = ({ jobId, jobArn, createdAt }: JobRecord): ProvisionedResource => ({
    physicalId: jobId,
    attributes: { Arn: jobArn, CreatedAt: new Date(createdAt).toISOString() },
  });
  const create = async (request: ResourceRequest): Promise<ProvisionedResource> => {
    const { properties } = request;
    const input = apiMembers(properties);
    refuseForeignMembers(input);
    const job = await jobs.create({
      jobId: nameOf(request, 'JobId', LONGEST_ID),
      targets: (properties['Targets'] ?? []) as string[],
      document: textOf(properties['Document']),
      documentSource: input.documentSource,
      targetSelection: input.targetSelection as TargetSelection | undefined,
      jobTemplateArn: input.jobTemplateArn,
      schedulingConfig: input.schedulingConfig as SchedulingConfig | undefined,
      tags: tagsOf(properties),
      configuration: input,
    });
    return settled(job);
  };
  return {
    type: 'AWS::IoT::Job',
    create,
    update(request) {
      const { properties, previousProperties, physicalId } = request;
      if (isReplaced(request, 'JobId', [...CHANGEABLE, 'Tags'])) return create(request);
      if (CHANGEABLE.some((name) => !same(properties[name], previousProperties[name])))
        jobs.update(physicalId, apiMembers(properties));
      const job = jobs.describe(physicalId);
      registry.tags.replace(job.jobArn, tagsOf(properties));
      return settled(job);
    },
    delete({ physicalId }) {
      if (jobs.store.jobs.has(physicalId)) jobs.delete(physicalId, true);
    },
  };
}

function jobTemplateProvider(jobs: Jobs, registry: Registry): ResourceProvider {
  const { templates } = jobs;
  const create = async (request: ResourceRequest): Promise<ProvisionedResource> => {
    const { properties } = request;
    const input: iot.CreateJobTemplateRequest = {
      ...(apiMembers(properties) as Partial<iot.CreateJobTemplateRequest>),
      jobTemplateId: nameOf(request, 'JobTemplateId', LONGEST_ID),
      description: String(properties['Description']),
      document: textOf(properties['Document']),
      tags: [...tagsOf(properties)] as iot.Tag[],
    };
    const { jobTemplateId, jobTemplateArn } = templates.create(await newJobTemplate(jobs, registry, input));
    return { physicalId: jobTemplateId, attributes: { Arn: jobTemplateArn } };
  };
  return {
    type: 'AWS::IoT::JobTemplate',
    create,
    update(request) {
      const { physicalId, properties } = request;
      // A template never changes: whatever differs, but for its tags, makes another one.
      if (isReplaced(request, 'JobTemplateId', ['Tags'])) return create(request);
      const { jobTemplateArn } = templates.describe(physicalId);
      registry.tags.replace(jobTemplateArn, tagsOf(properties));
      return { physicalId, attributes: { Arn: jobTemplateArn } };
    },
    delete({ physicalId }) {
      if (templates.table.has(physicalId)) templates.delete(physicalId);
    },
  };
}

/** CloudFormation's names for the two members that it calls differently from the API. */
const RENAMED: Readonly<Record<string, string>> = {
  retryCriteriaList: 'criteriaList',
  exponentialRolloutRate: 'exponentialRate',
};

/** The API's members; numbers of the configurations may have come as text. */
function apiMembers(properties: Readonly<Record<string, unknown>>): Partial<iot.CreateJobRequest> {
  const { Document: _, Tags: __, ...others } = properties;
  const members = Object.entries(camelCased(others) as Record<string, unknown>);
  return Object.fromEntries(
    members.map(([name, value]) => [name, typeof value === 'string' ? value : renamed(value)]),
  ) as Partial<iot.CreateJobRequest>;
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [RENAMED[name] ?? name, renamed(member)]));
}

function textOf(document: unknown): string | undefined {
  return document === undefined ? undefined : documentOf(document);
}

function isReplaced(request: ExistingResource, idProperty: string, kept: readonly string[]): boolean {
  const { properties, previousProperties } = request;
  if (nameOf(request, idProperty, LONGEST_ID) !== request.physicalId) return true;
  return Object.keys({ ...properties, ...previousProperties }).some(
    (name) => name !== idProperty && !kept.includes(name) && !same(properties[name], previousProperties[name]),
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
