import { randomUUID } from 'node:crypto';

import { arn } from '../../account.ts';
import type { ProvisionedResource, ResourceProvider, ResourceRequest } from '../../cloudformation/provider.ts';
import type { Collection, Store } from '../../state/store.ts';
import { functionNameOf } from '../definition.ts';
import type { EventSourceMapping, Poller, PollerFactory } from './mapping.ts';

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

function mappingOf(id: string, { properties }: ResourceRequest): EventSourceMapping {
  const filters = ((properties['FilterCriteria'] as Properties | undefined)?.['Filters'] ?? []) as {
    Pattern?: string;
  }[];
  const scaling = properties['ScalingConfig'] as Properties | undefined;
  return {
    id,
    functionName: functionNameOf(String(properties['FunctionName'])),
    eventSourceArn: String(properties['EventSourceArn']),
    batchSize: Number(properties['BatchSize'] ?? 10),
    maximumBatchingWindowMs: Number(properties['MaximumBatchingWindowInSeconds'] ?? 0) * 1_000,
    enabled: String(properties['Enabled'] ?? true) !== 'false',
    reportBatchItemFailures: ((properties['FunctionResponseTypes'] as string[] | undefined) ?? []).includes(
      'ReportBatchItemFailures',
    ),
    maximumConcurrency:
      scaling?.['MaximumConcurrency'] === undefined ? undefined : Number(scaling['MaximumConcurrency']),
    filters: filters.map(({ Pattern }) => String(Pattern)),
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
