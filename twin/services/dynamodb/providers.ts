import { isDeepStrictEqual } from 'node:util';

import { generatedName } from '../../cloudformation/physical-names.ts';
import type {
  ExistingResource,
  ProvisionedResource,
  ResourceProvider,
  ResourceRequest,
} from '../../cloudformation/provider.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Data } from './dynalite.ts';
import type { DynamoDb } from './dynamodb.ts';

const LONGEST_NAME = 255;
const TABLE_MEMBERS = [
  'AttributeDefinitions',
  'BillingMode',
  'DeletionProtectionEnabled',
  'GlobalSecondaryIndexes',
  'KeySchema',
  'LocalSecondaryIndexes',
  'ProvisionedThroughput',
  'SSESpecification',
  'TableClass',
];
/** A change of these makes a new table (CloudFormation reference, AWS::DynamoDB::Table). */
const REPLACING = ['KeySchema', 'LocalSecondaryIndexes', 'TableName'];

/** `AWS::DynamoDB::Table` and `AWS::DynamoDB::GlobalTable`; of the latter, the replica in the twin's Region. */
export function dynamoDbProviders(dynamoDb: DynamoDb): ResourceProvider[] {
  return [
    tableProvider('AWS::DynamoDB::Table', dynamoDb, (properties) => properties),
    tableProvider('AWS::DynamoDB::GlobalTable', dynamoDb, asTable),
  ];
}

type Properties = Readonly<Record<string, unknown>>;

function tableProvider(
  type: string,
  dynamoDb: DynamoDb,
  normalize: (properties: Properties, region: string) => Properties,
): ResourceProvider {
  async function create(request: ResourceRequest): Promise<ProvisionedResource> {
    const properties = normalize(request.properties, request.account.region);
    const name = nameOf(request);
    const tags = properties['Tags'] as unknown[] | undefined;
    try {
      await dynamoDb.request('CreateTable', { ...createInput(properties, name), ...(tags && { Tags: tags }) });
    } catch (error) {
      // The stack was stopped between making the table and noting that it did; the table is the stack's own.
      if (!(error instanceof AwsError) || error.code !== 'ResourceInUseException') throw error;
    }
    await applySettings(dynamoDb, name, properties, {});
    return describe(dynamoDb, name);
  }

  async function update(request: ExistingResource): Promise<ProvisionedResource> {
    const properties = normalize(request.properties, request.account.region);
    const previous = normalize(request.previousProperties, request.account.region);
    if (REPLACING.some((member) => !isDeepStrictEqual(properties[member], previous[member]))) return create(request);
    const name = request.physicalId;
    const changed = (member: string): boolean => !isDeepStrictEqual(properties[member], previous[member]);
    for (const change of indexChanges(properties, previous)) {
      await dynamoDb.request('UpdateTable', {
        TableName: name,
        AttributeDefinitions: properties['AttributeDefinitions'],
        GlobalSecondaryIndexUpdates: [change],
      });
    }
    if (changed('BillingMode') || changed('ProvisionedThroughput')) {
      const { BillingMode = 'PROVISIONED', ProvisionedThroughput } = properties;
      await dynamoDb.request('UpdateTable', {
        TableName: name,
        BillingMode,
        ...(BillingMode === 'PROVISIONED' && { ProvisionedThroughput }),
      });
    }
    await applySettings(dynamoDb, name, properties, previous);
    return describe(dynamoDb, name);
  }

  return {
    type,
    create,
    update,
    async delete({ physicalId }) {
      try {
        await dynamoDb.request('DeleteTable', { TableName: physicalId });
      } catch (error) {
        if (!(error instanceof AwsError) || error.code !== 'ResourceNotFoundException') throw error;
      }
    },
  };
}

/** A global table's properties as those of a table: what each replica says of itself is taken from the Region's own. */
function asTable(properties: Properties, region: string): Properties {
  const replicas = (properties['Replicas'] ?? []) as Properties[];
  const replica = replicas.find((candidate) => candidate['Region'] === region) ?? replicas[0] ?? {};
  const { TimeToLiveSpecification, ...shared } = properties;
  return {
    ...shared,
    TimeToLiveSpecification,
    PointInTimeRecoverySpecification: replica['PointInTimeRecoverySpecification'],
    DeletionProtectionEnabled: replica['DeletionProtectionEnabled'],
    TableClass: replica['TableClass'],
    Tags: replica['Tags'],
    // Replicas of a table with provisioned writes scale by settings that have no meaning here.
    ...(properties['BillingMode'] !== 'PAY_PER_REQUEST' && {
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    }),
    GlobalSecondaryIndexes: (properties['GlobalSecondaryIndexes'] as Properties[] | undefined)?.map((index) => ({
      IndexName: index['IndexName'],
      KeySchema: index['KeySchema'],
      Projection: index['Projection'],
      ...(properties['BillingMode'] !== 'PAY_PER_REQUEST' && {
        ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
      }),
    })),
  };
}

function createInput(properties: Properties, name: string): Data {
  const members = Object.fromEntries(
    TABLE_MEMBERS.filter((member) => properties[member] !== undefined).map((member) => [member, properties[member]]),
  );
  return { ...members, ...sseMember(properties), ...streamMember(properties), TableName: name };
}

function sseMember(properties: Properties): Data {
  const sse = properties['SSESpecification'] as { SSEEnabled?: boolean; KMSMasterKeyId?: string } | undefined;
  return sse ? { SSESpecification: { Enabled: sse.SSEEnabled, KMSMasterKeyId: sse.KMSMasterKeyId } } : {};
}

function streamMember(properties: Properties): Data {
  const stream = properties['StreamSpecification'] as { StreamViewType?: string } | undefined;
  return stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: stream.StreamViewType } } : {};
}

async function applySettings(
  dynamoDb: DynamoDb,
  name: string,
  properties: Properties,
  previous: Properties,
): Promise<void> {
  await dynamoDb.request('UpdateTable', {
    TableName: name,
    DeletionProtectionEnabled: properties['DeletionProtectionEnabled'] === true,
    ...(properties['TableClass'] !== undefined && { TableClass: properties['TableClass'] }),
    ...sseMember(properties),
    StreamSpecification: { StreamEnabled: false, ...(streamMember(properties)['StreamSpecification'] as object) },
  });
  const recovery = properties['PointInTimeRecoverySpecification'] ?? previous['PointInTimeRecoverySpecification'];
  if (recovery !== undefined) {
    const specification = properties['PointInTimeRecoverySpecification'] ?? { PointInTimeRecoveryEnabled: false };
    await dynamoDb.request('UpdateContinuousBackups', {
      TableName: name,
      PointInTimeRecoverySpecification: specification,
    });
  }
  const { AttributeName: wanted } = timeToLive(properties);
  const current = dynamoDb.settings.get(name).timeToLiveAttribute;
  if (current !== undefined && current !== wanted)
    await dynamoDb.request('UpdateTimeToLive', ttlInput(name, current, false));
  if (wanted !== undefined && current !== wanted)
    await dynamoDb.request('UpdateTimeToLive', ttlInput(name, wanted, true));
}

function timeToLive(properties: Properties): { AttributeName?: string } {
  const specification = properties['TimeToLiveSpecification'] as
    { AttributeName?: string; Enabled?: boolean | string } | undefined;
  return specification && String(specification.Enabled) === 'true' ? specification : {};
}

function ttlInput(name: string, attribute: string, enabled: boolean): Data {
  return { TableName: name, TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } };
}

interface IndexProperties {
  readonly IndexName: string;
}

/** One change of an index at a time, as UpdateTable wants it; an index whose definition changed is made anew. */
function indexChanges(properties: Properties, previous: Properties): Data[] {
  const wanted = (properties['GlobalSecondaryIndexes'] ?? []) as IndexProperties[];
  const present = (previous['GlobalSecondaryIndexes'] ?? []) as IndexProperties[];
  const same = (index: IndexProperties, others: readonly IndexProperties[]): boolean =>
    others.some((other) => isDeepStrictEqual(other, index));
  return [
    ...present.filter((index) => !same(index, wanted)).map(({ IndexName }) => ({ Delete: { IndexName } })),
    ...wanted.filter((index) => !same(index, present)).map((index) => ({ Create: index })),
  ];
}

async function describe(dynamoDb: DynamoDb, name: string): Promise<ProvisionedResource> {
  const table = (await dynamoDb.request('DescribeTable', { TableName: name }))['Table'] as Data;
  return {
    physicalId: name,
    attributes: {
      Arn: table['TableArn'],
      TableId: table['TableId'],
      ...(table['LatestStreamArn'] !== undefined && { StreamArn: table['LatestStreamArn'] }),
    },
  };
}

function nameOf(request: ResourceRequest): string {
  const name = request.properties['TableName'];
  return typeof name === 'string' ? name : generatedName(request.stackName, request.logicalId, LONGEST_NAME);
}
