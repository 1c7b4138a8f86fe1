import type { Account } from '../account.ts';
import type { DeploymentState, ResourceRecord } from './deployment-state.ts';
import { conditionEvaluator } from './conditions.ts';
import { evaluate, NO_VALUE, type Scope } from './evaluation.ts';
import { expandForEach } from './for-each.ts';
import { urlSuffix } from './physical-names.ts';
import { isRecord, type ResourceDefinition, type Template } from './template.ts';

export interface StackScopeOptions {
  readonly stackName: string;
  readonly stackId: string;
  readonly account: Account;
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, unknown>;
  /** What exists so far, by logical id. */
  readonly resource: (logicalId: string) => ResourceRecord | undefined;
  readonly state: Pick<DeploymentState, 'exportedValue' | 'stack'>;
  stackKey(account: Account, stackName: string): string;
}

/** A template with its parameters' values: its conditions decided and its loops unrolled. */
export interface StackScope extends Scope {
  readonly template: Template;
  /** Resources whose condition holds, in the template's order. */
  readonly active: ReadonlyMap<string, ResourceDefinition>;
}

/**
 * Gives the expressions of one stack their meaning.
 *
 * @throws IovError IOV_ASSEMBLY_BROKEN for a condition that cannot be decided
 */
export function stackScope(options: StackScopeOptions): StackScope {
  const { stackName, stackId, account, parameters, resource, state } = options;
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': account.accountId,
    'AWS::NoValue': NO_VALUE,
    'AWS::NotificationARNs': [],
    'AWS::Partition': account.partition,
    'AWS::Region': account.region,
    'AWS::StackId': stackId,
    'AWS::StackName': stackName,
    'AWS::URLSuffix': urlSuffix(account.partition),
  };
  let template = options.template;
  const requireResource = (logicalId: string): ResourceRecord | undefined => {
    const definition = template.Resources?.[logicalId];
    if (definition?.Condition !== undefined && scope.condition(definition.Condition) === false) {
      throw new Error(`the resource "${logicalId}" is not created, as its condition ${definition.Condition} is false`);
    }
    return definition && resource(logicalId);
  };
  const condition = conditionEvaluator(
    () => template.Conditions ?? {},
    () => scope,
  );
  const scope: Scope = {
    stackName,
    account,
    ref: (name) =>
      Object.hasOwn(pseudo, name) ? pseudo[name] : (parameters.get(name) ?? requireResource(name)?.physicalId),
    attribute(logicalId, attribute) {
      const record = requireResource(logicalId);
      if (!record) throw new Error(`there is no resource "${logicalId}"`);
      return attributeOf(record, attribute);
    },
    mapping(map, topLevelKey, secondLevelKey) {
      const level = template.Mappings?.[map]?.[topLevelKey];
      return level && Object.hasOwn(level, secondLevelKey) ? level[secondLevelKey] : undefined;
    },
    condition,
    exportedValue: (name) => state.exportedValue(account, name),
    stackOutput: (name, region, output) =>
      state.stack(options.stackKey({ ...account, region: region ?? account.region }, name))?.outputs[output],
  };
  template = expandForEach(template, (collection, path) => evaluate(collection, scope, path), stackName);
  const active = new Map(
    Object.entries(template.Resources ?? {}).filter(([logicalId, { Condition }]) => {
      if (Condition === undefined) return true;
      return (
        condition(Condition) ??
        evaluate({ 'Fn::If': [Condition, true, false] }, scope, `Resources.${logicalId}.Condition`)
      );
    }),
  );
  return { ...scope, template, active };
}

function attributeOf(record: ResourceRecord, attribute: string): unknown {
  if (Object.hasOwn(record.attributes, attribute)) return record.attributes[attribute];
  const nested = attribute
    .split('.')
    .reduce<unknown>(
      (value, name) => (isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      record.attributes,
    );
  if (nested !== undefined) return nested;
  if (record.liveness === 'unsupported') return placeholderAttribute(record, attribute);
  const known = Object.keys(record.attributes).join(', ') || 'none';
  throw new Error(
    `the resource "${record.logicalId}" (${record.type}, ${record.liveness}) has no attribute "${attribute}"; it has: ${known}`,
  );
}

/** An unsupported resource answers any attribute, so that what refers to it can run; start-up has reported it. */
function placeholderAttribute(record: ResourceRecord, attribute: string): string {
  return /arn$/i.test(attribute) ? String(record.attributes['Arn']) : `${record.physicalId}-${attribute}`;
}
