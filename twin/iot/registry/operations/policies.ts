import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../../endpoint/service.ts';
import { iotArn, nameOfArn } from '../arns.ts';
import { invalidRequest } from '../failures.ts';
import { KeySet } from '../key-set.ts';
import { PoliciesInForce } from '../policies-in-force.ts';
import { targetOfKey } from '../policy-attachments.ts';
import type { Registry } from '../registry.ts';
import { byPrincipal, named, NOTHING, operation } from './operation.ts';
import type { MarkerInput } from './paging.ts';
import { nextMarker, pageByMarker } from './paging.ts';

export function policyOperations(registry: Registry): Record<string, OperationDefinition> {
  const { policies, tags } = registry;
  const onPolicy = named('policy', 'policyName');
  return {
    CreatePolicy: operation<iot.CreatePolicyRequest, iot.CreatePolicyResponse>((input) => {
      const policy = policies.create(input.policyName!, input.policyDocument!);
      tags.set(policy.policyArn, input.tags);
      const { policyName, policyArn, defaultVersionId } = policy;
      return { policyName, policyArn, policyDocument: input.policyDocument!, policyVersionId: defaultVersionId };
    }, onPolicy),
    GetPolicy: operation<iot.GetPolicyRequest, iot.GetPolicyResponse>((input) => {
      const { policyName, policyArn, defaultVersionId, createdAt, lastModifiedAt } = policies.describe(
        input.policyName!,
      );
      return {
        policyName,
        policyArn,
        policyDocument: policies.version(policyName, defaultVersionId).document,
        defaultVersionId,
        creationDate: new Date(createdAt),
        lastModifiedDate: new Date(lastModifiedAt),
        generationId: `${policyName}:${defaultVersionId}`,
      };
    }, onPolicy),
    DeletePolicy: operation<iot.DeletePolicyRequest, object>((input) => {
      registry.deletePolicy(input.policyName!);
      return NOTHING;
    }, onPolicy),
    ListPolicies: operation<iot.ListPoliciesRequest, iot.ListPoliciesResponse>((input) => {
      const listed = pageByMarker(policies.table.keys, input);
      return { policies: listed.keys.map((key) => nameAndArn(registry, key)), ...nextMarker(listed) };
    }),
    CreatePolicyVersion: operation<iot.CreatePolicyVersionRequest, iot.CreatePolicyVersionResponse>((input) => {
      const { versionId, document } = policies.createVersion(
        input.policyName!,
        input.policyDocument!,
        input.setAsDefault,
      );
      const { policyArn } = policies.describe(input.policyName!);
      return {
        policyArn,
        policyDocument: document,
        policyVersionId: versionId,
        isDefaultVersion: input.setAsDefault ?? false,
      };
    }, onPolicy),
    GetPolicyVersion: operation<iot.GetPolicyVersionRequest, iot.GetPolicyVersionResponse>((input) => {
      const { policyName, policyArn, defaultVersionId } = policies.describe(input.policyName!);
      const { versionId, document, createdAt } = policies.version(policyName, input.policyVersionId!);
      return {
        policyArn,
        policyName,
        policyDocument: document,
        policyVersionId: versionId,
        isDefaultVersion: versionId === defaultVersionId,
        creationDate: new Date(createdAt),
        lastModifiedDate: new Date(createdAt),
        generationId: `${policyName}:${versionId}`,
      };
    }, onPolicy),
    DeletePolicyVersion: operation<iot.DeletePolicyVersionRequest, object>((input) => {
      policies.deleteVersion(input.policyName!, input.policyVersionId!);
      return NOTHING;
    }, onPolicy),
    ListPolicyVersions: operation<iot.ListPolicyVersionsRequest, iot.ListPolicyVersionsResponse>((input) => {
      const { versions, defaultVersionId } = policies.describe(input.policyName!);
      return {
        policyVersions: [...versions].reverse().map(({ versionId, createdAt }) => ({
          versionId,
          isDefaultVersion: versionId === defaultVersionId,
          createDate: new Date(createdAt),
        })),
      };
    }, onPolicy),
    SetDefaultPolicyVersion: operation<iot.SetDefaultPolicyVersionRequest, object>((input) => {
      policies.setDefaultVersion(input.policyName!, input.policyVersionId!);
      return NOTHING;
    }, onPolicy),
    ...attachmentOperations(registry),
  };
}

function attachmentOperations(registry: Registry): Record<string, OperationDefinition> {
  const { policies, policyAttachments, thingGroups } = registry;
  const attach = operation<iot.AttachPolicyRequest & iot.AttachPrincipalPolicyRequest, object>((input) => {
    registry.attachPolicy(input.policyName!, input.target ?? input.principal!);
    return NOTHING;
  }, targetResources);
  const detach = operation<iot.DetachPolicyRequest & iot.DetachPrincipalPolicyRequest, object>((input) => {
    registry.detachPolicy(input.policyName!, input.target ?? input.principal!);
    return NOTHING;
  }, targetResources);
  const attached = (target: string, recursive: boolean, input: MarkerInput): iot.ListAttachedPoliciesResponse => {
    registry.checkTargetExists(target);
    const names = new KeySet();
    for (const name of policyAttachments.policiesOf(target)) names.add(name);
    const group = nameOfArn(registry.account, 'thinggroup', target);
    for (const { thingGroupArn } of recursive && group !== undefined ? thingGroups.ancestors(group) : []) {
      for (const name of policyAttachments.policiesOf(thingGroupArn)) names.add(name);
    }
    const listed = pageByMarker(names, input);
    return { policies: listed.keys.map((key) => nameAndArn(registry, key)), ...nextMarker(listed) };
  };
  return {
    AttachPolicy: attach,
    AttachPrincipalPolicy: attach,
    DetachPolicy: detach,
    DetachPrincipalPolicy: detach,
    ListAttachedPolicies: operation<iot.ListAttachedPoliciesRequest, iot.ListAttachedPoliciesResponse>(
      (input) => attached(input.target!, input.recursive ?? false, input),
      targetResources,
    ),
    ListPrincipalPolicies: operation<iot.ListPrincipalPoliciesRequest, iot.ListPrincipalPoliciesResponse>(
      (input) => attached(input.principal!, false, input),
      byPrincipal('principal'),
    ),
    ListTargetsForPolicy: operation<iot.ListTargetsForPolicyRequest, iot.ListTargetsForPolicyResponse>(
      (input) => {
        policies.describe(input.policyName!);
        const listed = pageByMarker(policyAttachments.targetsOf(input.policyName!), input);
        return { targets: listed.keys.map(targetOfKey), ...nextMarker(listed) };
      },
      named('policy', 'policyName'),
    ),
    ListPolicyPrincipals: operation<iot.ListPolicyPrincipalsRequest, iot.ListPolicyPrincipalsResponse>((input) => {
      policies.describe(input.policyName!);
      const isPrincipal = (key: string): boolean =>
        nameOfArn(registry.account, 'thinggroup', targetOfKey(key)) === undefined;
      const listed = pageByMarker(policyAttachments.targetsOf(input.policyName!), input, isPrincipal);
      return { principals: listed.keys.map(targetOfKey), ...nextMarker(listed) };
    }),
    GetEffectivePolicies: operation<iot.GetEffectivePoliciesRequest, iot.GetEffectivePoliciesResponse>((input) => {
      if (input.principal === undefined && input.thingName === undefined) {
        throw invalidRequest('Either principal or thingName must be given');
      }
      if (input.principal !== undefined) registry.checkPrincipalExists(input.principal);
      if (input.thingName !== undefined) registry.things.describe(input.thingName);
      const inForce = new PoliciesInForce(registry).of(input.principal ?? '', input.thingName);
      return {
        effectivePolicies: inForce.map(({ policyName, policyArn, document }) => ({
          policyName,
          policyArn,
          policyDocument: document,
        })),
      };
    }, byPrincipal('principal')),
  };
}

function targetResources(input: Record<string, unknown>): string[] {
  const target = input['target'] ?? input['principal'];
  return [typeof target === 'string' && target.startsWith('arn:') ? target : '*'];
}

function nameAndArn(registry: Registry, policyName: string): iot.Policy {
  return { policyName, policyArn: iotArn(registry.account, 'policy', policyName) };
}
