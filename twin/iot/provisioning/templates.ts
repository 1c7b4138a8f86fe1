import { iotArn } from '../registry/arns.ts';
import { checkOneOf, checkText, TEMPLATE_NAME } from '../registry/constraints.ts';
import type { RegistryContext } from '../registry/context.ts';
import {
  alreadyExists,
  deleteConflict,
  invalidRequest,
  notFound,
  versionsLimitExceeded,
} from '../registry/failures.ts';
import type { Table } from '../registry/table.ts';
import type { ProvisioningTemplateBody } from './template.ts';
import { parseTemplate } from './template.ts';

export type TemplateType = 'FLEET_PROVISIONING' | 'JITP';

export interface ProvisioningHook {
  readonly targetArn: string;
  readonly payloadVersion?: string;
}

export interface TemplateVersionRecord {
  readonly versionId: number;
  readonly templateBody: string;
  readonly createdAt: number;
}

export interface TemplateRecord {
  readonly templateName: string;
  readonly templateArn: string;
  readonly type: TemplateType;
  readonly description?: string;
  readonly enabled: boolean;
  readonly provisioningRoleArn: string;
  readonly preProvisioningHook?: ProvisioningHook;
  readonly versions: readonly TemplateVersionRecord[];
  readonly defaultVersionId: number;
  readonly nextVersion: number;
  readonly createdAt: number;
  readonly lastModifiedAt: number;
}

export interface NewTemplate {
  readonly templateName: string;
  readonly templateBody: string;
  readonly type?: TemplateType | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly provisioningRoleArn: string;
  readonly preProvisioningHook?: ProvisioningHook | undefined;
}

export interface TemplateUpdate {
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly defaultVersionId?: number | undefined;
  readonly provisioningRoleArn?: string | undefined;
  readonly preProvisioningHook?: ProvisioningHook | undefined;
  readonly removePreProvisioningHook?: boolean | undefined;
}

/** AWS IoT Core fleet provisioning quotas. */
const TEMPLATES = 256;
const VERSIONS_PER_TEMPLATE = 5;
const HOOK_PAYLOAD_VERSION = '2020-04-01';
const ROLE_ARN = /^arn:[\w-]+:iam::\d{12}:role\/.+$/;

/** Provisioning templates and their versions, one of which is in force. */
export class ProvisioningTemplates {
  readonly #context: RegistryContext;
  readonly #parsed = new WeakMap<TemplateVersionRecord, ProvisioningTemplateBody>();
  readonly table: Table<TemplateRecord>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.table = context.tables.open<TemplateRecord>('iot.provisioning-templates');
  }

  /** @throws AwsError InvalidRequestException, ResourceAlreadyExistsException */
  create(request: NewTemplate): TemplateRecord {
    const templateName = checkText(request.templateName, 'templateName', TEMPLATE_NAME);
    const type = checkOneOf(request.type ?? 'FLEET_PROVISIONING', 'type', ['FLEET_PROVISIONING', 'JITP'] as const);
    parseTemplate(request.templateBody, type);
    checkRole(request.provisioningRoleArn);
    if (type === 'JITP' && request.preProvisioningHook) {
      throw invalidRequest('A pre-provisioning hook can only be used with a FLEET_PROVISIONING template');
    }
    const templateArn = iotArn(this.#context.account, 'provisioningtemplate', templateName);
    if (this.table.has(templateName)) {
      throw alreadyExists(`Provisioning template ${templateName} already exists`, templateName, templateArn);
    }
    if (this.table.size >= TEMPLATES)
      throw invalidRequest(`An account can have at most ${TEMPLATES} provisioning templates`);
    const now = this.#context.clock.now();
    const template: TemplateRecord = {
      templateName,
      templateArn,
      type,
      ...(request.description !== undefined && { description: request.description }),
      enabled: request.enabled ?? false,
      provisioningRoleArn: request.provisioningRoleArn,
      ...(request.preProvisioningHook && { preProvisioningHook: checkedHook(request.preProvisioningHook) }),
      versions: [{ versionId: 1, templateBody: request.templateBody, createdAt: now }],
      defaultVersionId: 1,
      nextVersion: 2,
      createdAt: now,
      lastModifiedAt: now,
    };
    this.table.set(templateName, template);
    return template;
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(templateName: string): TemplateRecord {
    const template = this.table.get(templateName);
    if (!template) throw notFound(`Provisioning template ${templateName} does not exist`);
    return template;
  }

  update(templateName: string, update: TemplateUpdate): void {
    const { preProvisioningHook, ...template } = this.describe(templateName);
    if (update.removePreProvisioningHook && update.preProvisioningHook) {
      throw invalidRequest('preProvisioningHook must not be specified when removePreProvisioningHook is true');
    }
    if (update.defaultVersionId !== undefined) this.version(templateName, update.defaultVersionId);
    if (update.provisioningRoleArn !== undefined) checkRole(update.provisioningRoleArn);
    const hook = update.preProvisioningHook ? checkedHook(update.preProvisioningHook) : preProvisioningHook;
    this.#put({
      ...template,
      ...(update.description !== undefined && { description: update.description }),
      ...(update.enabled !== undefined && { enabled: update.enabled }),
      ...(update.defaultVersionId !== undefined && { defaultVersionId: update.defaultVersionId }),
      ...(update.provisioningRoleArn !== undefined && { provisioningRoleArn: update.provisioningRoleArn }),
      ...(hook && !update.removePreProvisioningHook && { preProvisioningHook: hook }),
    });
  }

  createVersion(templateName: string, templateBody: string, setAsDefault = false): TemplateVersionRecord {
    const template = this.describe(templateName);
    parseTemplate(templateBody, template.type);
    if (template.versions.length >= VERSIONS_PER_TEMPLATE) {
      throw versionsLimitExceeded(
        `Provisioning template ${templateName} already has ${VERSIONS_PER_TEMPLATE} versions`,
      );
    }
    const version = { versionId: template.nextVersion, templateBody, createdAt: this.#context.clock.now() };
    this.#put({
      ...template,
      versions: [...template.versions, version],
      nextVersion: template.nextVersion + 1,
      ...(setAsDefault && { defaultVersionId: version.versionId }),
    });
    return version;
  }

  /** @throws AwsError ResourceNotFoundException */
  version(templateName: string, versionId: number): TemplateVersionRecord {
    const version = this.describe(templateName).versions.find((candidate) => candidate.versionId === versionId);
    if (!version) throw notFound(`Provisioning template ${templateName} has no version ${versionId}`);
    return version;
  }

  /** @throws AwsError DeleteConflictException for the default version */
  deleteVersion(templateName: string, versionId: number): void {
    const template = this.describe(templateName);
    this.version(templateName, versionId);
    if (template.defaultVersionId === versionId) {
      throw deleteConflict(`Version ${versionId} is the default version of provisioning template ${templateName}`);
    }
    this.#put({ ...template, versions: template.versions.filter((version) => version.versionId !== versionId) });
  }

  /** @throws AwsError DeleteConflictException while there are versions besides the default one */
  delete(templateName: string): void {
    if (this.describe(templateName).versions.length > 1) {
      throw deleteConflict(`Provisioning template ${templateName} still has versions that are not its default`);
    }
    this.table.delete(templateName);
  }

  /** The default version's body, parsed once. */
  bodyInForce(template: TemplateRecord): ProvisioningTemplateBody {
    const version = template.versions.find((candidate) => candidate.versionId === template.defaultVersionId)!;
    let body = this.#parsed.get(version);
    if (!body) this.#parsed.set(version, (body = parseTemplate(version.templateBody, template.type)));
    return body;
  }

  #put(template: TemplateRecord): void {
    this.table.set(template.templateName, { ...template, lastModifiedAt: this.#context.clock.now() });
  }
}

function checkedHook(hook: ProvisioningHook): ProvisioningHook {
  const payloadVersion = hook.payloadVersion ?? HOOK_PAYLOAD_VERSION;
  if (payloadVersion !== HOOK_PAYLOAD_VERSION)
    throw invalidRequest(`The hook's payloadVersion must be ${HOOK_PAYLOAD_VERSION}`);
  if (!hook.targetArn.includes(':lambda:'))
    throw invalidRequest("The hook's targetArn must be the ARN of a Lambda function");
  return { targetArn: hook.targetArn, payloadVersion };
}

function checkRole(roleArn: string): void {
  if (!ROLE_ARN.test(roleArn)) throw invalidRequest('provisioningRoleArn must be the ARN of an IAM role');
}
