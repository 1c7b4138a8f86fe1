import { availabilityZones } from './availability-zones.ts';
import { cidrBlocks } from './cidr.ts';
import type { IntrinsicFunction, Place } from './evaluation.ts';
import { isRecord } from './template.ts';

/** Intrinsic functions that look something up: in the template, among resources, in other stacks, or in the Region. */
export const LOOKUP_FUNCTIONS: Readonly<Record<string, IntrinsicFunction>> = {
  Ref(argument, place) {
    if (typeof argument !== 'string') return place.fail('Ref takes the name of a parameter or resource');
    return lookUpName(argument, place) ?? place.fail(`there is no parameter or resource "${argument}"`);
  },

  'Fn::GetAtt'(argument, place) {
    const [logicalId, attribute] = attributeReference(argument, place);
    return lookUpAttribute(logicalId, attribute, place);
  },

  'Fn::If'(argument, place) {
    const [name, whenTrue, whenFalse] = elements(argument, 3, place, '[condition, value if true, value if false]');
    const holds = conditionNamed(name, place);
    return place.evaluate(holds ? whenTrue : whenFalse, holds ? '[1]' : '[2]');
  },

  'Fn::FindInMap'(argument, place) {
    if (!Array.isArray(argument) || argument.length < 3 || argument.length > 4) {
      return place.fail('takes [map, top-level key, second-level key]');
    }
    const [map, topLevelKey, secondLevelKey] = [0, 1, 2].map((index) => place.text(argument[index], `[${index}]`)) as [
      string,
      string,
      string,
    ];
    const found = place.scope.mapping(map, topLevelKey, secondLevelKey);
    if (found !== undefined) return place.evaluate(found);
    const options: unknown = argument[3];
    if (isRecord(options) && 'DefaultValue' in options)
      return place.evaluate(options['DefaultValue'], '[3].DefaultValue');
    return place.fail(`the mapping ${map} has no value for ${topLevelKey} / ${secondLevelKey}`);
  },

  'Fn::ImportValue'(argument, place) {
    const name = place.text(argument);
    return place.scope.exportedValue(name) ?? place.fail(`no stack exports "${name}"`);
  },

  'Fn::GetStackOutput'(argument, place) {
    const { StackName, OutputName, Region } = isRecord(argument)
      ? argument
      : place.fail('takes {StackName, OutputName}');
    const stackName = place.text(StackName, '.StackName');
    const outputName = place.text(OutputName, '.OutputName');
    const region = Region === undefined ? undefined : place.text(Region, '.Region');
    return (
      place.scope.stackOutput(stackName, region, outputName) ??
      place.fail(`the stack ${stackName} has no output "${outputName}"`)
    );
  },

  'Fn::GetAZs'(argument, place) {
    return availabilityZones(place.text(argument) || place.scope.account.region);
  },

  'Fn::Cidr'(argument, place) {
    if (!Array.isArray(argument) || argument.length < 2) return place.fail('takes [address block, count, host bits]');
    const block = place.text(argument[0], '[0]');
    const count = Number(place.text(argument[1], '[1]'));
    const hostBits = argument[2] === undefined ? undefined : Number(place.text(argument[2], '[2]'));
    try {
      return cidrBlocks(block, count, hostBits);
    } catch (error) {
      return place.fail((error as Error).message);
    }
  },
};

/** A parameter, pseudo parameter or physical id; shared with `Fn::Sub`. */
export function lookUpName(name: string, place: Place): unknown {
  try {
    return place.scope.ref(name);
  } catch (error) {
    return place.fail((error as Error).message);
  }
}

/** An attribute of a resource; shared with `Fn::Sub`. */
export function lookUpAttribute(logicalId: string, attribute: string, place: Place): unknown {
  try {
    return place.scope.attribute(logicalId, attribute);
  } catch (error) {
    return place.fail((error as Error).message);
  }
}

/** The array of exactly `count` arguments that a function takes. */
export function elements(argument: unknown, count: number, place: Place, form: string): unknown[] {
  return Array.isArray(argument) && argument.length === count ? argument : place.fail(`takes ${form}`);
}

function attributeReference(argument: unknown, place: Place): [string, string] {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.');
    if (dot > 0) return [argument.slice(0, dot), argument.slice(dot + 1)];
  }
  if (Array.isArray(argument) && argument.length >= 2 && typeof argument[0] === 'string') {
    return [
      argument[0],
      argument
        .slice(1)
        .map((part) => place.text(part))
        .join('.'),
    ];
  }
  return place.fail('takes [resource, attribute] or "resource.attribute"');
}

function conditionNamed(name: unknown, place: Place): boolean {
  if (typeof name !== 'string') return place.fail('takes the name of a condition first');
  return place.scope.condition(name) ?? place.fail(`there is no condition "${name}"`);
}
