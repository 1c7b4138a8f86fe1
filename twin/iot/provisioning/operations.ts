import type * as iot from '@aws-sdk/client-iot';

import type { OperationDefinition } from '../../endpoint/service.ts';
import { named, NOTHING, operation } from '../registry/operations/operation.ts';
import { nextToken, pageByToken } from '../registry/operations/paging.ts';
import { KeySet } from '../registry/key-set.ts';
import type { Registry } from '../registry/registry.ts';
import type { DeviceProvisioning } from './provisioning.ts';
import { registrationTaskOperations } from './registration-task-operations.ts';
import { registerThing } from './register-thing.ts';
import type { ProvisioningHook, TemplateRecord } from './templates.ts';

/** Provisioning templates, temporary claims and RegisterThing of the control plane. */
export function provisioningOperations(
  registry: Registry,
  provisioning: DeviceProvisioning,
): Record<string, OperationDefinition> {
  const { templates, claims, issuer } = provisioning;
  const onTemplate = named('provisioningtemplate', 'templateName');
  return {
    CreateProvisioningTemplate: operation<
      iot.CreateProvisioningTemplateRequest,
      iot.CreateProvisioningTemplateResponse
    >((input) => {
      const template = templates.create({
        ...input,
        templateName: input.templateName!,
        templateBody: input.templateBody!,
        provisioningRoleArn: input.provisioningRoleArn!,
        preProvisioningHook: input.preProvisioningHook as ProvisioningHook | undefined,
      });
      registry.tags.set(template.templateArn, input.tags);
      const { templateArn, templateName, defaultVersionId } = template;
      return { templateArn, templateName, defaultVersionId };
    }, onTemplate),
    DescribeProvisioningTemplate: operation<
      iot.DescribeProvisioningTemplateRequest,
      iot.DescribeProvisioningTemplateResponse
    >((input) => {
      const template = templates.describe(input.templateName!);
      const { defaultVersionId, provisioningRoleArn, preProvisioningHook } = template;
      return {
        ...summary(template),
        defaultVersionId,
        templateBody: templates.version(template.templateName, defaultVersionId).templateBody,
        provisioningRoleArn,
        ...(preProvisioningHook && { preProvisioningHook }),
      };
    }, onTemplate),
    UpdateProvisioningTemplate: operation<
      iot.UpdateProvisioningTemplateRequest,
      iot.UpdateProvisioningTemplateResponse
    >((input) => {
      templates.update(input.templateName!, {
        ...input,
        preProvisioningHook: input.preProvisioningHook as ProvisioningHook | undefined,
      });
      return NOTHING;
    }, onTemplate),
    DeleteProvisioningTemplate: operation<
      iot.DeleteProvisioningTemplateRequest,
      iot.DeleteProvisioningTemplateResponse
    >((input) => {
      const { templateArn } = templates.describe(input.templateName!);
      templates.delete(input.templateName!);
      registry.tags.forget(templateArn);
      return NOTHING;
    }, onTemplate),
    ListProvisioningTemplates: operation<iot.ListProvisioningTemplatesRequest, iot.ListProvisioningTemplatesResponse>(
      (input) => {
        const listed = pageByToken(templates.table.keys, input);
        return { templates: listed.keys.map((key) => summary(templates.describe(key))), ...nextToken(listed) };
      },
    ),
    ...versionOperations(provisioning),
    ...(provisioning.registrationTasks && registrationTaskOperations(provisioning.registrationTasks)),
    CreateProvisioningClaim: operation<iot.CreateProvisioningClaimRequest, iot.CreateProvisioningClaimResponse>(
      async (input) => {
        const claim = await claims.create(input.templateName!);
        return {
          certificateId: claim.certificateId,
          certificatePem: claim.certificatePem,
          keyPair: { PublicKey: claim.publicKeyPem, PrivateKey: claim.privateKeyPem },
          expiration: new Date(claim.expiresAt),
        };
      },
      onTemplate,
    ),
    RegisterThing: operation<iot.RegisterThingRequest, iot.RegisterThingResponse>((input, { caller }) =>
      registerThing(registry, issuer, input.templateBody, input.parameters ?? {}, caller.arn),
    ),
  };
}

function versionOperations({ templates }: DeviceProvisioning): Record<string, OperationDefinition> {
  const onTemplate = named('provisioningtemplate', 'templateName');
  return {
    CreateProvisioningTemplateVersion: operation<
      iot.CreateProvisioningTemplateVersionRequest,
      iot.CreateProvisioningTemplateVersionResponse
    >((input) => {
      const { versionId } = templates.createVersion(input.templateName!, input.templateBody!, input.setAsDefault);
      const { templateArn, templateName } = templates.describe(input.templateName!);
      return { templateArn, templateName, versionId, isDefaultVersion: input.setAsDefault ?? false };
    }, onTemplate),
    DescribeProvisioningTemplateVersion: operation<
      iot.DescribeProvisioningTemplateVersionRequest,
      iot.DescribeProvisioningTemplateVersionResponse
    >((input) => {
      const { versionId, createdAt, templateBody } = templates.version(input.templateName!, input.versionId!);
      const isDefaultVersion = templates.describe(input.templateName!).defaultVersionId === versionId;
      return { versionId, creationDate: new Date(createdAt), templateBody, isDefaultVersion };
    }, onTemplate),
    DeleteProvisioningTemplateVersion: operation<
      iot.DeleteProvisioningTemplateVersionRequest,
      iot.DeleteProvisioningTemplateVersionResponse
    >((input) => {
      templates.deleteVersion(input.templateName!, input.versionId!);
      return NOTHING;
    }, onTemplate),
    ListProvisioningTemplateVersions: operation<
      iot.ListProvisioningTemplateVersionsRequest,
      iot.ListProvisioningTemplateVersionsResponse
    >((input) => {
      const { versions, defaultVersionId } = templates.describe(input.templateName!);
      const byKey = new Map(versions.map((version) => [String(version.versionId).padStart(10, '0'), version]));
      const keys = new KeySet();
      for (const key of byKey.keys()) keys.add(key);
      const listed = pageByToken(keys, input);
      const summaries = listed.keys.map((key) => {
        const { versionId, createdAt } = byKey.get(key)!;
        return { versionId, creationDate: new Date(createdAt), isDefaultVersion: versionId === defaultVersionId };
      });
      return { versions: summaries, ...nextToken(listed) };
    }, onTemplate),
  };
}

function summary(template: TemplateRecord): iot.ProvisioningTemplateSummary {
  const { templateArn, templateName, description, createdAt, lastModifiedAt, enabled, type } = template;
  return {
    templateArn,
    templateName,
    ...(description !== undefined && { description }),
    creationDate: new Date(createdAt),
    lastModifiedDate: new Date(lastModifiedAt),
    enabled,
    type,
  };
}
