import { AwsError } from '../../endpoint/service.ts';
import type { AwsService, OperationDefinition, OperationInput } from '../../endpoint/service.ts';
import { page } from '../page.ts';
import type { NewValue, Parameter, Parameters, ParameterVersion, SelectedVersion } from './parameters.ts';

const LARGEST_PATH_PAGE = 10;
const LARGEST_PAGE = 50;

/** Systems Manager on the endpoint: Parameter Store. */
export function ssmService(parameters: Parameters): AwsService {
  const name = (input: OperationInput): string => String(input['Name']);
  const names = (input: OperationInput): string[] => input['Names'] as string[];
  const ofOne = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => [parameters.arnOf(name(input))],
  });
  const ofMany = (run: OperationDefinition['run']): OperationDefinition => ({
    run,
    resources: (input) => names(input).map((each) => parameters.arnOf(each)),
  });
  const shown = (selected: SelectedVersion, input: OperationInput): Record<string, unknown> => ({
    ...valueView(selected),
    Value: input['WithDecryption'] === true ? parameters.reveal(selected) : selected.version.value,
  });
  return {
    signingNames: ['ssm'],
    iamPrefix: 'ssm',
    model: () => import('@aws-sdk/client-ssm'),
    operations: {
      PutParameter: ofOne((input, { caller }) => {
        const { version, tier } = parameters.put({ ...newValue(input), modifiedBy: caller.arn });
        return { Version: version, Tier: tier };
      }),
      GetParameter: ofOne((input) => ({ Parameter: shown(parameters.select(name(input)), input) })),
      GetParameters: ofMany((input) => {
        const selected = names(input).map((each) => [each, parameters.trySelect(each)] as const);
        return {
          Parameters: selected.flatMap(([, found]) => (found ? [shown(found, input)] : [])),
          InvalidParameters: selected.flatMap(([each, found]) => (found ? [] : [each])),
        };
      }),
      GetParametersByPath: {
        resources: (input) => [parameters.arnOf(String(input['Path']))],
        run: (input) => {
          const { items, nextToken } = paged(
            underPath(parameters.list(), input).filter(matching(input)),
            input,
            LARGEST_PATH_PAGE,
          );
          return { Parameters: items.map((parameter) => shown(latest(parameter), input)), NextToken: nextToken };
        },
      },
      DescribeParameters: {
        run: (input) => {
          const { items, nextToken } = paged(parameters.list().filter(matching(input)), input, LARGEST_PAGE);
          return {
            Parameters: items.map((parameter) => metadata(parameter, latest(parameter).version)),
            NextToken: nextToken,
          };
        },
      },
      GetParameterHistory: ofOne((input) => {
        const { parameter } = parameters.select(name(input));
        const versions = page(
          parameter.versions,
          ({ version }) => String(version).padStart(9, '0'),
          input['MaxResults'] as number | undefined,
          input['NextToken'] as string | undefined,
          LARGEST_PAGE,
        );
        const history = versions.items.map((version) => ({
          ...metadata(parameter, version),
          Labels: version.labels,
          Value: shown({ parameter, version, selector: '' }, input)['Value'],
        }));
        return { Parameters: history, NextToken: versions.nextToken };
      }),
      LabelParameterVersion: ofOne((input) => {
        const { version } = parameters.label(
          name(input),
          input['ParameterVersion'] as number | undefined,
          input['Labels'] as string[],
        );
        return { ParameterVersion: version, InvalidLabels: [] };
      }),
      DeleteParameter: ofOne((input) => {
        if (!parameters.delete(name(input))) throw new AwsError('ParameterNotFound', '');
        return {};
      }),
      DeleteParameters: ofMany((input) => {
        const outcome = names(input).map((each) => [each, parameters.delete(each)] as const);
        return {
          DeletedParameters: outcome.flatMap(([each, deleted]) => (deleted ? [each] : [])),
          InvalidParameters: outcome.flatMap(([each, deleted]) => (deleted ? [] : [each])),
        };
      }),
      AddTagsToResource: ofTagged(parameters, (tags, input) => ({ ...tags, ...tagsOf(input) })),
      RemoveTagsFromResource: ofTagged(parameters, (tags, input) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !(input['TagKeys'] as string[]).includes(key))),
      ),
      ListTagsForResource: {
        resources: (input) => [parameters.arnOf(String(input['ResourceId']))],
        run: (input) => ({
          TagList: Object.entries(taggedOf(parameters, input).tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      },
    },
  };
}

function ofTagged(
  parameters: Parameters,
  change: (tags: Readonly<Record<string, string>>, input: OperationInput) => Record<string, string>,
): OperationDefinition {
  return {
    resources: (input) => [parameters.arnOf(String(input['ResourceId']))],
    run: (input) => {
      parameters.setTags(String(input['ResourceId']), change(taggedOf(parameters, input).tags, input));
      return {};
    },
  };
}

function taggedOf(parameters: Parameters, input: OperationInput): Parameter {
  const parameter = input['ResourceType'] === 'Parameter' ? parameters.find(String(input['ResourceId'])) : undefined;
  if (!parameter)
    throw new AwsError(
      'InvalidResourceId',
      'The resource ID is not valid. The twin has resources of the type Parameter.',
    );
  return parameter;
}

function latest(parameter: Parameter): SelectedVersion {
  return { parameter, version: parameter.versions.at(-1)!, selector: '' };
}

/** @throws AwsError ValidationException for a path that is none */
function underPath(all: readonly Parameter[], input: OperationInput): Parameter[] {
  const path = String(input['Path']);
  if (!path.startsWith('/'))
    throw new AwsError(
      'ValidationException',
      'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
    );
  const prefix = path.endsWith('/') ? path : `${path}/`;
  return all.filter(
    ({ name }) => name.startsWith(prefix) && (input['Recursive'] === true || !name.slice(prefix.length).includes('/')),
  );
}

interface Filter {
  readonly Key: string;
  readonly Option?: string;
  readonly Values?: readonly string[];
}

/** ParameterFilters of GetParametersByPath and DescribeParameters. @throws AwsError InvalidFilterKey */
function matching(input: OperationInput): (parameter: Parameter) => boolean {
  const filters = (input['ParameterFilters'] as Filter[] | undefined) ?? [];
  return (parameter) =>
    filters.every(({ Key: key, Option: option = 'Equals', Values: values = [] }) => {
      const text = filterText(parameter, key);
      if (key === 'Path') {
        return values.some(
          (path) => underPath([parameter], { Path: path, Recursive: option === 'Recursive' }).length > 0,
        );
      }
      if (values.length === 0) return text !== undefined;
      if (option === 'BeginsWith') return values.some((value) => text?.startsWith(value));
      if (option === 'Contains') return values.some((value) => text?.includes(value));
      return text !== undefined && values.includes(text);
    });
}

function filterText(parameter: Parameter, key: string): string | undefined {
  const { version } = latest(parameter);
  if (key.startsWith('tag:')) return parameter.tags[key.slice(4)];
  switch (key) {
    case 'Name':
    case 'Path':
      return parameter.name;
    case 'Type':
      return version.type;
    case 'KeyId':
      return version.keyId;
    case 'Tier':
      return version.tier;
    case 'DataType':
      return version.dataType;
    case 'Label':
      return version.labels[0];
    default:
      throw new AwsError('InvalidFilterKey', `The specified key is not valid: ${key}.`);
  }
}

function valueView({ parameter, version, selector }: SelectedVersion): Record<string, unknown> {
  return {
    Name: parameter.name,
    Type: version.type,
    Version: version.version,
    Selector: selector === '' ? undefined : selector,
    LastModifiedDate: version.modifiedAt,
    ARN: parameter.arn,
    DataType: version.dataType,
  };
}

function metadata(parameter: Parameter, version: ParameterVersion): Record<string, unknown> {
  return {
    Name: parameter.name,
    ARN: parameter.arn,
    Type: version.type,
    KeyId: version.keyId,
    LastModifiedDate: version.modifiedAt,
    LastModifiedUser: version.modifiedBy,
    Description: version.description,
    AllowedPattern: version.allowedPattern,
    Version: version.version,
    Tier: version.tier,
    Policies: [],
    DataType: version.dataType,
  };
}

function newValue(input: OperationInput): NewValue {
  return {
    name: String(input['Name']),
    value: String(input['Value']),
    type: input['Type'] as NewValue['type'],
    overwrite: input['Overwrite'] === true,
    description: input['Description'] as string | undefined,
    allowedPattern: input['AllowedPattern'] as string | undefined,
    keyId: input['KeyId'] as string | undefined,
    tier: input['Tier'] === 'Intelligent-Tiering' ? undefined : (input['Tier'] as string | undefined),
    dataType: input['DataType'] as string | undefined,
    ...(input['Tags'] !== undefined && { tags: tagsOf(input) }),
  };
}

function tagsOf(input: OperationInput): Record<string, string> {
  return Object.fromEntries((input['Tags'] as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]));
}

function paged(
  all: readonly Parameter[],
  input: OperationInput,
  largest: number,
): { items: Parameter[]; nextToken: string | undefined } {
  return page(
    all,
    ({ name }) => name,
    input['MaxResults'] as number | undefined,
    input['NextToken'] as string | undefined,
    largest,
  );
}
