import type { InertCatalogue } from './inert-catalogue.ts';
import type { DeploymentState } from './deployment-state.ts';
import type { ReferenceSource } from './dynamic-references.ts';
import type { ResourceProvider } from './provider.ts';

/** What happens to one resource while a stack is deployed or destroyed. */
export interface ProgressEvent {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  readonly action:
    | 'creating'
    | 'created'
    | 'updating'
    | 'updated'
    | 'unchanged'
    | 'deleting'
    | 'deleted'
    | 'retained'
    | 'delete-failed'
    | 'waiting';
  /** Resources of the stack that are settled, and their number; absent while one is under way. */
  readonly done?: number;
  readonly total?: number;
  /** Why a deletion failed, or what is waited for. */
  readonly detail?: string;
}

/** What the walk through a stack works with. */
export interface Engine {
  readonly state: DeploymentState;
  /** Providers by type; custom resources are looked up under `Custom::*`. */
  readonly providers: ReadonlyMap<string, ResourceProvider>;
  readonly liveTypes: ReadonlySet<string>;
  readonly inert: InertCatalogue;
  readonly references?: ReferenceSource;
  /** When it differs from the last run's, custom resources are asked again: what they looked up may be elsewhere. */
  readonly surroundings?: string;
  /** Resources of one stack that are made at the same time. */
  readonly concurrency: number;
  report(event: ProgressEvent): void;
}
