import { createHash } from 'node:crypto';

import type { ReferenceSource } from './dynamic-references.ts';
import { unresolvable } from './evaluation.ts';
import type { Template } from './template.ts';

/** Version of the bootstrap resources that the twin's account is taken to have: newer than any that an app asks for. */
const BOOTSTRAP_VERSION = '1000';

const SSM_VALUE = /^AWS::SSM::Parameter::Value<(.+)>$/;

/**
 * The value of every parameter: given, else the default; parameters of an SSM type hold what the named parameter holds.
 *
 * @param given values from the assembly, the parent stack or the command line
 * @throws IovError IOV_ASSEMBLY_BROKEN naming the parameter
 */
export async function resolveParameters(
  stackName: string,
  template: Template,
  given: Readonly<Record<string, unknown>>,
  source: ReferenceSource | undefined,
): Promise<Map<string, unknown>> {
  const values = new Map<string, unknown>();
  for (const [name, definition] of Object.entries(template.Parameters ?? {})) {
    const fail = (reason: string): never => {
      throw unresolvable(stackName, `Parameters.${name}`, reason);
    };
    const value: unknown = given[name] ?? definition.Default;
    if (value === undefined) fail('has no default, and no value was given');
    const text = String(value);
    if (definition.AllowedValues && !definition.AllowedValues.map(String).includes(text)) {
      fail(`"${text}" is not one of ${definition.AllowedValues.join(', ')}`);
    }
    if (definition.AllowedPattern !== undefined && !new RegExp(`^(?:${definition.AllowedPattern})$`).test(text)) {
      fail(definition.ConstraintDescription ?? `"${text}" does not match ${definition.AllowedPattern}`);
    }
    if (definition.Type === 'Number' && !Number.isFinite(Number(text))) fail(`"${text}" is not a number`);
    const ssmType = SSM_VALUE.exec(definition.Type)?.[1];
    const resolved =
      ssmType === undefined
        ? text
        : ((await ssmValue(text, ssmType, source)) ?? fail(`there is no SSM parameter "${text}"`));
    values.set(
      name,
      isListType(ssmType ?? definition.Type) ? resolved.split(',').map((element) => element.trim()) : resolved,
    );
  }
  return values;
}

function isListType(type: string): boolean {
  return type === 'CommaDelimitedList' || type.startsWith('List<');
}

async function ssmValue(name: string, type: string, source: ReferenceSource | undefined): Promise<string | undefined> {
  const stored = await source?.ssmParameter(name);
  if (stored !== undefined) return stored;
  if (/^\/cdk-bootstrap\/[^/]+\/version$/.test(name)) return BOOTSTRAP_VERSION;
  // Public parameters give the newest machine image; instances are not run here, so any well-formed id serves.
  if (type === 'AWS::EC2::Image::Id') return `ami-${createHash('sha256').update(name).digest('hex').slice(0, 17)}`;
  return undefined;
}
