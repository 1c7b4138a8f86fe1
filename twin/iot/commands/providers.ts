import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import { nameOf, optionalFlag, optionalText, tagsOf, type Properties } from '../registry/providers/properties.ts';
import type { Registry } from '../registry/registry.ts';
import type { CommandParameter } from './command.ts';
import { refuseNamespace } from './command-operations.ts';
import type { Commands } from './commands.ts';
import { definitionOf } from './wire.ts';

const LONGEST_ID = 64;
const CHANGEABLE = new Set(['DisplayName', 'Description', 'Deprecated', 'Tags']);

/** `AWS::IoT::Command`: Ref is the id, GetAtt has CommandArn. What UpdateCommand cannot change replaces the command. */
export function commandProviders(commands: Commands, registry: Registry): ResourceProvider[] {
  const settle = (commandId: string, properties: Properties): ProvisionedResource => {
    const names = {
      displayName: optionalText(properties, 'DisplayName'),
      description: optionalText(properties, 'Description'),
    };
    const { commandArn } = commands.update(commandId, names, optionalFlag(properties, 'Deprecated') ?? false);
    registry.tags.replace(commandArn, tagsOf(properties));
    return { physicalId: commandId, attributes: { CommandArn: commandArn } };
  };
  const create = (request: ResourceRequest): ProvisionedResource => {
    const { properties } = request;
    refuseNamespace(optionalText(properties, 'Namespace'));
    const commandId = nameOf(request, 'CommandId', LONGEST_ID);
    commands.create(commandId, definitionOf(apiMembers(properties)), {});
    return settle(commandId, properties);
  };
  return [
    {
      type: 'AWS::IoT::Command',
      create: (request) => registry.atomically(() => create(request)),
      update: (request) => {
        const { properties, previousProperties, physicalId } = request;
        const names = new Set([...Object.keys(properties), ...Object.keys(previousProperties)]);
        const replaced = [...names].some(
          (name) =>
            !CHANGEABLE.has(name) && JSON.stringify(properties[name]) !== JSON.stringify(previousProperties[name]),
        );
        if (replaced && nameOf(request, 'CommandId', LONGEST_ID) === physicalId)
          throw new Error(`Command ${physicalId} cannot be replaced by one of the same CommandId: give it another one`);
        return registry.atomically(() => (replaced ? create(request) : settle(physicalId, properties)));
      },
      delete: ({ physicalId }) => {
        const arn = commands.table.get(physicalId)?.commandArn;
        commands.remove(physicalId);
        if (arn !== undefined) registry.tags.forget(arn);
      },
    },
  ];
}

/** The members of CreateCommand; those of a parameter's value (`S`, `BIN`) are the same in both. */
function apiMembers(properties: Properties): Parameters<typeof definitionOf>[0] {
  const payload = properties['Payload'] as Properties | undefined;
  const preprocessor = properties['Preprocessor'] as { AwsJsonSubstitution?: { OutputFormat?: string } } | undefined;
  const outputFormat = preprocessor?.AwsJsonSubstitution?.OutputFormat;
  const parameters = properties['MandatoryParameters'] as Properties[] | undefined;
  return {
    ...(payload && { payload: { content: payload['Content'], contentType: optionalText(payload, 'ContentType') } }),
    payloadTemplate: optionalText(properties, 'PayloadTemplate'),
    ...(outputFormat !== undefined && { preprocessor: { awsJsonSubstitution: { outputFormat } } }),
    ...(parameters && { mandatoryParameters: parameters.map(parameterOf) }),
    roleArn: optionalText(properties, 'RoleArn'),
  };
}

function parameterOf(given: Properties): CommandParameter {
  const conditions = given['ValueConditions'] as readonly Properties[] | undefined;
  return {
    name: String(given['Name']),
    ...(given['Type'] !== undefined && { type: given['Type'] as NonNullable<CommandParameter['type']> }),
    ...(given['Value'] !== undefined && { value: given['Value'] as object }),
    ...(given['DefaultValue'] !== undefined && { defaultValue: given['DefaultValue'] as object }),
    ...(given['Description'] !== undefined && { description: String(given['Description']) }),
    ...(conditions && { valueConditions: conditions.map(conditionOf) }),
  };
}

function conditionOf(given: Properties): NonNullable<CommandParameter['valueConditions']>[number] {
  const operand = (given['Operand'] ?? {}) as Properties;
  const range = operand['NumberRange'] as Properties | undefined;
  return {
    comparisonOperator: String(given['ComparisonOperator']),
    operand: {
      ...(operand['Number'] !== undefined && { number: String(operand['Number']) }),
      ...(operand['Numbers'] !== undefined && { numbers: (operand['Numbers'] as unknown[]).map(String) }),
      ...(operand['String'] !== undefined && { string: String(operand['String']) }),
      ...(operand['Strings'] !== undefined && { strings: (operand['Strings'] as unknown[]).map(String) }),
      ...(range && { numberRange: { min: String(range['Min']), max: String(range['Max']) } }),
    },
  };
}
