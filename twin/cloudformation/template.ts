import { readFileSync } from 'node:fs';

import { IovError } from '../errors.ts';

/** One entry of a template's `Resources` section (CloudFormation user guide, "Template anatomy"). */
export interface ResourceDefinition {
  readonly Type: string;
  readonly Properties?: unknown;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

export interface ParameterDefinition {
  readonly Type: string;
  readonly Default?: string | number;
  readonly AllowedValues?: readonly (string | number)[];
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
}

export interface OutputDefinition {
  readonly Value: unknown;
  readonly Condition?: string;
  readonly Export?: { readonly Name: unknown };
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, ParameterDefinition>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources?: Readonly<Record<string, ResourceDefinition>>;
  readonly Outputs?: Readonly<Record<string, OutputDefinition>>;
  readonly Transform?: string | readonly string[];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file of a cloud assembly.
 *
 * @throws IovError IOV_ASSEMBLY_MISSING when there is no such file, IOV_ASSEMBLY_BROKEN when it is not a JSON object
 */
export function readJsonFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new IovError('IOV_ASSEMBLY_MISSING', `${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new IovError('IOV_ASSEMBLY_BROKEN', `${file} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  if (!isRecord(parsed)) throw new IovError('IOV_ASSEMBLY_BROKEN', `${file} does not hold a JSON object.`);
  return parsed;
}

/**
 * Reads a template and checks the shape that everything after relies on.
 *
 * @throws IovError IOV_ASSEMBLY_MISSING, IOV_ASSEMBLY_BROKEN naming the file and the section
 */
export function readTemplate(file: string): Template {
  const template = readJsonFile(file);
  for (const section of ['Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs']) {
    if (template[section] !== undefined && !isRecord(template[section])) {
      throw new IovError('IOV_ASSEMBLY_BROKEN', `${file}: the section ${section} is not an object.`);
    }
  }
  for (const [logicalId, resource] of Object.entries((template['Resources'] as Record<string, unknown>) ?? {})) {
    if (logicalId.startsWith('Fn::ForEach::')) continue;
    if (!isRecord(resource) || typeof resource['Type'] !== 'string') {
      throw new IovError('IOV_ASSEMBLY_BROKEN', `${file}: the resource ${logicalId} has no Type.`);
    }
  }
  refuseUnknownTransforms(template, file);
  return template as Template;
}

const LANGUAGE_EXTENSIONS = 'AWS::LanguageExtensions';

function refuseUnknownTransforms(template: Record<string, unknown>, file: string): void {
  const transforms = [template['Transform'] ?? []].flat();
  const unknown = transforms.find((transform) => transform !== LANGUAGE_EXTENSIONS);
  if (unknown !== undefined) {
    const name = typeof unknown === 'string' ? unknown : JSON.stringify(unknown);
    throw new IovError('IOV_ASSEMBLY_BROKEN', `${file}: the twin does not run the transform ${name}.`);
  }
  // Not in text: a backslash before the quote means that the function stands in a JSON document of the app's own.
  const extension = /(?<!\\)"(Fn::(?:ForEach::\w+|Length|ToJsonString))":/.exec(JSON.stringify(template))?.[1];
  if (extension !== undefined && !transforms.includes(LANGUAGE_EXTENSIONS)) {
    throw new IovError('IOV_ASSEMBLY_BROKEN', `${file}: ${extension} needs the transform ${LANGUAGE_EXTENSIONS}.`);
  }
}
