import { generatedName } from '../cloudformation/physical-names.ts';
import type {
  ExistingResource,
  ProvisionedResource,
  ResourceProvider,
  ResourceRequest,
} from '../cloudformation/provider.ts';
import type { Iam } from './iam.ts';
import type { ManagedPolicy, Role } from './role-registry.ts';

type Properties = Readonly<Record<string, unknown>>;

interface InlinePolicy {
  readonly PolicyName: string;
  readonly PolicyDocument: unknown;
}

const strings = (value: unknown): readonly string[] => (value as readonly string[] | undefined) ?? [];
const inlineOf = (properties: Properties): readonly InlinePolicy[] =>
  (properties['Policies'] as readonly InlinePolicy[] | undefined) ?? [];

/** Generated role names end at 64 characters, policy names at 128 (IAM and STS quotas). */
function nameOf(request: ResourceRequest, property: string, longest: number): string {
  return (
    (request.properties[property] as string | undefined) ?? generatedName(request.stackName, request.logicalId, longest)
  );
}

function tagsOf(properties: Properties): Record<string, string> {
  const tags = (properties['Tags'] as readonly { Key: string; Value: string }[] | undefined) ?? [];
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}

function putRole(iam: Iam, request: ResourceRequest, name: string, previous: Properties = {}): ProvisionedResource {
  const { properties } = request;
  const before = iam.roles.role(name);
  const dropped = new Set(inlineOf(previous).map(({ PolicyName }) => PolicyName));
  // Policies that other resources put on the role stay: only what this resource named before is replaced.
  const others = Object.entries(before?.inlinePolicies ?? {}).filter(([policy]) => !dropped.has(policy));
  const own = inlineOf(properties).map(({ PolicyName, PolicyDocument }) => [PolicyName, PolicyDocument] as const);
  const detached = new Set(strings(previous['ManagedPolicyArns']));
  const attached = (before?.managedPolicyArns ?? []).filter((arn) => !detached.has(arn));
  const role: Role = iam.roles.putRole({
    name,
    path: (properties['Path'] as string | undefined) ?? '/',
    trustPolicy: properties['AssumeRolePolicyDocument'],
    inlinePolicies: Object.fromEntries([...others, ...own]),
    managedPolicyArns: [...new Set([...attached, ...strings(properties['ManagedPolicyArns'])])],
    tags: tagsOf(properties),
    maxSessionDuration: Number(properties['MaxSessionDuration'] ?? 3600),
    permissionsBoundary: properties['PermissionsBoundary'] as string | undefined,
    description: properties['Description'] as string | undefined,
  });
  return { physicalId: role.name, attributes: { Arn: role.arn, RoleId: role.id } };
}

function roleProvider(iam: Iam): ResourceProvider {
  return {
    type: 'AWS::IAM::Role',
    create: (request) => putRole(iam, request, nameOf(request, 'RoleName', 64)),
    update(request) {
      const name = nameOf(request, 'RoleName', 64);
      const isNew = name !== request.physicalId;
      return putRole(iam, request, name, isNew ? {} : request.previousProperties);
    },
    delete: (request) => iam.roles.deleteRole(request.physicalId),
  };
}

/** `AWS::IAM::Policy`: one inline policy on each of its roles. */
function policyProvider(iam: Iam): ResourceProvider {
  const put = (request: ResourceRequest): void => {
    const { PolicyName: name, PolicyDocument: document, Roles: roles } = request.properties;
    for (const role of strings(roles)) iam.roles.putInlinePolicy(role, name as string, document);
  };
  const remove = (properties: Properties): void => {
    for (const role of strings(properties['Roles']))
      iam.roles.deleteInlinePolicy(role, properties['PolicyName'] as string);
  };
  const provisioned = (physicalId: string): ProvisionedResource => ({ physicalId, attributes: { Id: physicalId } });
  return {
    type: 'AWS::IAM::Policy',
    create(request) {
      put(request);
      return provisioned(generatedName(request.stackName, request.logicalId, 128));
    },
    update(request) {
      remove(request.previousProperties);
      put(request);
      return provisioned(request.physicalId);
    },
    delete: (request) => remove(request.properties),
  };
}

/** `AWS::IAM::RolePolicy`: one inline policy on one role. */
function rolePolicyProvider(iam: Iam): ResourceProvider {
  const put = (request: ResourceRequest): ProvisionedResource => {
    const { PolicyName: name, PolicyDocument: document, RoleName: role } = request.properties;
    iam.roles.putInlinePolicy(role as string, name as string, document);
    return { physicalId: `${name as string}|${role as string}` };
  };
  return {
    type: 'AWS::IAM::RolePolicy',
    create: put,
    update: put,
    delete: ({ physicalId }) => {
      const [name = '', role = ''] = physicalId.split('|');
      iam.roles.deleteInlinePolicy(role, name);
    },
  };
}

function managedPolicyProvider(iam: Iam): ResourceProvider {
  const nameAndPath = (request: ResourceRequest): [string, string] => [
    nameOf(request, 'ManagedPolicyName', 128),
    (request.properties['Path'] as string | undefined) ?? '/',
  ];
  const provisioned = (policy: ManagedPolicy, roles: readonly string[]): ProvisionedResource => ({
    physicalId: policy.arn,
    attributes: {
      PolicyArn: policy.arn,
      PolicyId: policy.id,
      AttachmentCount: roles.length,
      CreateDate: policy.createdAt,
      UpdateDate: policy.createdAt,
      DefaultVersionId: 'v1',
      IsAttachable: true,
      PermissionsBoundaryUsageCount: 0,
    },
  });
  const put = (request: ResourceRequest): ProvisionedResource => {
    const policy = iam.roles.putManagedPolicy(...nameAndPath(request), request.properties['PolicyDocument']);
    const roles = strings(request.properties['Roles']);
    for (const role of roles) iam.roles.attachManagedPolicy(role, policy.arn);
    return provisioned(policy, roles);
  };
  const detach = (arn: string, properties: Properties): void => {
    for (const role of strings(properties['Roles'])) iam.roles.detachManagedPolicy(role, arn);
  };
  return {
    type: 'AWS::IAM::ManagedPolicy',
    create: put,
    update(request: ExistingResource) {
      detach(request.physicalId, request.previousProperties);
      return put(request);
    },
    delete(request) {
      detach(request.physicalId, request.properties);
      iam.roles.deleteManagedPolicy(request.physicalId);
    },
  };
}

/** `AWS::IAM::Role`, `Policy`, `RolePolicy` and `ManagedPolicy`. */
export function iamProviders(iam: Iam): ResourceProvider[] {
  return [roleProvider(iam), policyProvider(iam), rolePolicyProvider(iam), managedPolicyProvider(iam)];
}
