import { randomUUID } from 'node:crypto';

import { arn } from '../../account.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { Collection, Store } from '../../state/store.ts';
import { functionNameOf } from '../definition.ts';
import type { EventSourceMapping, KafkaSettings, Poller, PollerFactory } from './mapping.ts';

/** The account's event source mappings. Nothing is read before `resume`, so that a whole deployment is up first. */
export class EventSourceMappings {
  readonly #mappings: Collection<EventSourceMapping>;
  readonly #factories: readonly PollerFactory[];
  readonly #pollers = new Map<string, Poller>();
  #running = false;

  constructor(store: Store, factories: readonly PollerFactory[]) {
    this.#mappings = store.collection('lambda:event-source-mappings');
    this.#factories = factories;
  }

  list(): EventSourceMapping[] {
    return [...this.#mappings.values()];
  }

  async put(mapping: EventSourceMapping): Promise<void> {
    await this.#stop(mapping.id);
    this.#mappings.set(mapping.id, mapping);
    if (this.#running) this.#start(mapping);
  }

  async delete(id: string): Promise<void> {
    await this.#stop(id);
    this.#mappings.delete(id);
  }

  resume(): void {
    this.#running = true;
    for (const mapping of this.#mappings.values()) this.#start(mapping);
  }

  async close(): Promise<void> {
    this.#running = false;
    await Promise.all([...this.#pollers.keys()].map((id) => this.#stop(id)));
  }

  #start(mapping: EventSourceMapping): void {
    if (!mapping.enabled) return;
    for (const factory of this.#factories) {
      const poller = factory(mapping);
      if (poller) return void this.#pollers.set(mapping.id, poller);
    }
  }

  async #stop(id: string): Promise<void> {
    const poller = this.#pollers.get(id);
    this.#pollers.delete(id);
    await poller?.stop();
  }
}

type Properties = Readonly<Record<string, unknown>>;

/** What CloudFormation fills in, which differs between sources. */
const DEFAULT_BATCH = { sqs: 10, kafka: 100 } as const;
const DEFAULT_WINDOW_SECONDS = { sqs: 0, kafka: 0.5 } as const;

function mappingOf(id: string, { properties }: ResourceRequest): EventSourceMapping {
  const filters = ((properties['FilterCriteria'] as Properties | undefined)?.['Filters'] ?? []) as {
    Pattern?: string;
  }[];
  const scaling = properties['ScalingConfig'] as Properties | undefined;
  const eventSourceArn = String(properties['EventSourceArn']);
  const source = eventSourceArn.includes(':kafka:') ? 'kafka' : 'sqs';
  return {
    id,
    functionName: functionNameOf(String(properties['FunctionName'])),
    eventSourceArn,
    batchSize: Number(properties['BatchSize'] ?? DEFAULT_BATCH[source]),
    maximumBatchingWindowMs:
      Number(properties['MaximumBatchingWindowInSeconds'] ?? DEFAULT_WINDOW_SECONDS[source]) * 1_000,
    enabled: String(properties['Enabled'] ?? true) !== 'false',
    reportBatchItemFailures: ((properties['FunctionResponseTypes'] as string[] | undefined) ?? []).includes(
      'ReportBatchItemFailures',
    ),
    maximumConcurrency:
      scaling?.['MaximumConcurrency'] === undefined ? undefined : Number(scaling['MaximumConcurrency']),
    filters: filters.map(({ Pattern }) => String(Pattern)),
    ...(source === 'kafka' && { kafka: kafkaSettings(id, properties) }),
  };
}

/** @throws Error for what the twin's poller does not do */
function kafkaSettings(id: string, properties: Properties): KafkaSettings {
  const topics = (properties['Topics'] as string[] | undefined) ?? [];
  if (topics.length !== 1) throw new Error(`an MSK event source has one topic, not ${topics.length}`);
  const startingPosition = String(properties['StartingPosition'] ?? 'TRIM_HORIZON');
  if (startingPosition !== 'TRIM_HORIZON' && startingPosition !== 'LATEST')
    throw new Error(`the twin starts MSK event sources at TRIM_HORIZON or LATEST, not at ${startingPosition}`);
  const config = properties['AmazonManagedKafkaEventSourceConfig'] as Properties | undefined;
  const group = config?.['ConsumerGroupId'];
  if (config?.['SchemaRegistryConfig'] !== undefined)
    throw new Error('the twin does not ask schema registries for MSK event sources');
  const destination = (properties['DestinationConfig'] as Record<string, Properties | undefined> | undefined)?.[
    'OnFailure'
  ]?.['Destination'];
  if (destination !== undefined && !/^arn:[^:]+:(sqs|sns|s3):/.test(String(destination)))
    throw new Error(`the twin cannot hand failed records to ${String(destination)}`);
  return {
    topic: String(topics[0]),
    consumerGroupId: String(group ?? id),
    startingPosition,
    maximumRetryAttempts: Number(properties['MaximumRetryAttempts'] ?? -1),
    maximumRecordAgeSeconds: Number(properties['MaximumRecordAgeInSeconds'] ?? -1),
    bisectBatchOnFunctionError: String(properties['BisectBatchOnFunctionError'] ?? false) === 'true',
    ...(destination !== undefined && { onFailureArn: String(destination) }),
  };
}

/** @param executes whether the twin has a poller for a source */
export function eventSourceMappingProvider(
  mappings: EventSourceMappings,
  executes: (eventSourceArn: string) => boolean,
): ResourceProvider {
  const put = async (id: string, request: ResourceRequest): Promise<ProvisionedResource> => {
    const mapping = mappingOf(id, request);
    if (!executes(mapping.eventSourceArn))
      throw new Error(`the twin does not read event sources like ${mapping.eventSourceArn}`);
    if (mapping.filters.length > 0) throw new Error(`the twin does not apply FilterCriteria of event source mappings`);
    await mappings.put(mapping);
    return {
      physicalId: id,
      attributes: { Id: id, EventSourceMappingArn: arn(request.account, 'lambda', `event-source-mapping:${id}`) },
    };
  };
  return {
    type: 'AWS::Lambda::EventSourceMapping',
    create: (request) => put(randomUUID(), request),
    update: (request) => put(request.physicalId, request),
    delete: ({ physicalId }) => mappings.delete(physicalId),
  };
}
