import type { ProvisionedResource, ResourceProvider } from '../../../cloudformation/provider.ts';
import type { Registry } from '../registry.ts';
import type { ThingPrincipalType } from '../thing-principals.ts';
import type { Properties } from './properties.ts';
import { documentOf, nameOf, optionalText, tagsOf } from './properties.ts';

/** Versions that a policy may have besides its default one (AWS IoT Core quotas: five in all). */
const OTHER_VERSIONS = 4;

/** `AWS::IoT::Policy` (Ref is the name), `PolicyPrincipalAttachment`, `ThingPrincipalAttachment`. */
export function policyProviders(registry: Registry): ResourceProvider[] {
  return [policyProvider(registry), policyAttachmentProvider(registry), thingAttachmentProvider(registry)];
}

function policyProvider(registry: Registry): ResourceProvider {
  const { policies, tags } = registry;
  const settle = (policyName: string, properties: Properties): ProvisionedResource => {
    const { policyArn } = policies.describe(policyName);
    tags.replace(policyArn, tagsOf(properties));
    return { physicalId: policyName, attributes: { Arn: policyArn, Id: policyName } };
  };
  const create = (policyName: string, properties: Properties): ProvisionedResource => {
    policies.create(policyName, documentOf(properties['PolicyDocument']));
    return settle(policyName, properties);
  };
  return {
    type: 'AWS::IoT::Policy',
    create: (request) => create(nameOf(request, 'PolicyName'), request.properties),
    update: (request) => {
      const policyName = nameOf(request, 'PolicyName');
      if (policyName !== request.physicalId) return create(policyName, request.properties);
      registry.atomically(() => {
        makeRoomForVersion(registry, policyName);
        policies.createVersion(policyName, documentOf(request.properties['PolicyDocument']), true);
      });
      return settle(policyName, request.properties);
    },
    // A stack's deletion detaches what is still attached, as CloudFormation does.
    delete: ({ physicalId }) => registry.removePolicy(physicalId),
  };
}

/** Drops the oldest version that is not in force when there is no room for another. */
function makeRoomForVersion(registry: Registry, policyName: string): void {
  const { versions, defaultVersionId } = registry.policies.describe(policyName);
  const others = versions.filter((version) => version.versionId !== defaultVersionId);
  if (others.length >= OTHER_VERSIONS) registry.policies.deleteVersion(policyName, others[0]!.versionId);
}

function policyAttachmentProvider(registry: Registry): ResourceProvider {
  const attach = ({ PolicyName, Principal }: Properties): ProvisionedResource => {
    registry.attachPolicy(String(PolicyName), String(Principal));
    return { physicalId: `${String(PolicyName)}|${String(Principal)}` };
  };
  return {
    type: 'AWS::IoT::PolicyPrincipalAttachment',
    create: ({ properties }) => attach(properties),
    update: ({ properties }) => attach(properties),
    delete: ({ physicalId }) => {
      const [policyName, target] = splitAt(physicalId);
      registry.policyAttachments.detach(policyName, target);
    },
  };
}

function thingAttachmentProvider(registry: Registry): ResourceProvider {
  const attach = (properties: Properties): ProvisionedResource => {
    const { ThingName, Principal } = properties;
    const type = optionalText(properties, 'ThingPrincipalType') as ThingPrincipalType | undefined;
    registry.attachThingPrincipal(String(ThingName), String(Principal), type);
    return { physicalId: `${String(ThingName)}|${String(Principal)}` };
  };
  return {
    type: 'AWS::IoT::ThingPrincipalAttachment',
    create: ({ properties }) => attach(properties),
    update: ({ properties }) => attach(properties),
    delete: ({ physicalId }) => {
      const [thingName, principal] = splitAt(physicalId);
      registry.principals.detach(thingName, principal);
    },
  };
}

function splitAt(physicalId: string): [string, string] {
  const bar = physicalId.indexOf('|');
  return [physicalId.slice(0, bar), physicalId.slice(bar + 1)];
}
