import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { Properties } from '../registry/providers/properties.ts';
import {
  camelCased,
  documentOf,
  nameOf,
  optionalFlag,
  optionalText,
  tagsOf,
} from '../registry/providers/properties.ts';
import type { Registry } from '../registry/registry.ts';
import type { NewTemplate, ProvisioningHook, ProvisioningTemplates } from './templates.ts';

/** Names of templates have up to 36 characters, generated ones too. */
const LONGEST_NAME = 36;
const OTHER_VERSIONS = 4;

/** `AWS::IoT::ProvisioningTemplate`: Ref is the name, GetAtt has TemplateArn. */
export function provisioningTemplateProvider(registry: Registry, templates: ProvisioningTemplates): ResourceProvider {
  const settle = (templateName: string, properties: Properties): ProvisionedResource => {
    const { templateArn } = templates.describe(templateName);
    registry.tags.replace(templateArn, tagsOf(properties));
    return { physicalId: templateName, attributes: { TemplateArn: templateArn } };
  };
  const create = (request: ResourceRequest): ProvisionedResource => {
    const template = readTemplate(nameOf(request, 'TemplateName', LONGEST_NAME), request.properties);
    templates.create(template);
    return settle(template.templateName, request.properties);
  };
  return {
    type: 'AWS::IoT::ProvisioningTemplate',
    create,
    update: (request) => {
      const { properties, previousProperties, physicalId } = request;
      const templateName = nameOf(request, 'TemplateName', LONGEST_NAME);
      if (templateName !== physicalId || properties['TemplateType'] !== previousProperties['TemplateType'])
        return create(request);
      const { templateBody, enabled, description, provisioningRoleArn, preProvisioningHook } = readTemplate(
        templateName,
        properties,
      );
      registry.atomically(() => {
        if (templateBody !== documentOf(previousProperties['TemplateBody']))
          addVersion(templates, templateName, templateBody);
        templates.update(templateName, {
          enabled,
          description: description ?? '',
          provisioningRoleArn,
          ...(preProvisioningHook ? { preProvisioningHook } : { removePreProvisioningHook: true }),
        });
      });
      return settle(templateName, properties);
    },
    delete: ({ physicalId }) => {
      const template = templates.table.get(physicalId);
      if (!template) return;
      templates.table.delete(physicalId);
      registry.tags.forget(template.templateArn);
    },
  };
}

function readTemplate(templateName: string, properties: Properties): NewTemplate {
  const hook = properties['PreProvisioningHook'];
  return {
    templateName,
    templateBody: documentOf(properties['TemplateBody']),
    type: optionalText(properties, 'TemplateType') as NewTemplate['type'],
    description: optionalText(properties, 'Description'),
    enabled: optionalFlag(properties, 'Enabled') ?? false,
    provisioningRoleArn: String(properties['ProvisioningRoleArn']),
    ...(hook !== undefined && { preProvisioningHook: camelCased(hook) as ProvisioningHook }),
  };
}

/** The new body becomes the default version; the oldest other one makes room for it. */
function addVersion(templates: ProvisioningTemplates, templateName: string, templateBody: string): void {
  const { versions, defaultVersionId } = templates.describe(templateName);
  const others = versions.filter((version) => version.versionId !== defaultVersionId);
  if (others.length >= OTHER_VERSIONS) templates.deleteVersion(templateName, others[0]!.versionId);
  templates.createVersion(templateName, templateBody, true);
}
