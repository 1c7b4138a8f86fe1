import type { Account } from '../account.ts';

/** A resource as a provider sees it: every intrinsic function is resolved, `AWS::NoValue` members are gone. */
export interface ResourceRequest {
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly account: Account;
  /** The CloudFormation resource's `Metadata`, e.g. `aws:asset:path`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Absolute folder of the cloud assembly that the template was read from. */
  readonly assemblyFolder: string;
}

export interface ExistingResource extends ResourceRequest {
  readonly physicalId: string;
  readonly previousProperties: Readonly<Record<string, unknown>>;
}

export interface ProvisionedResource {
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives, by attribute name (nested names with their dots: `Endpoint.Address`). */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/**
 * Makes one resource type exist in the twin. The engine calls `create` once, `update` when resolved properties differ
 * from the last run's, and `delete` when the resource has left the template or an update gave a new physical id.
 * What a provider made must be durable in its service's own state: an unchanged resource is not created again at the
 * next start.
 */
export interface ResourceProvider {
  readonly type: string;
  create(request: ResourceRequest): Promise<ProvisionedResource> | ProvisionedResource;
  update(request: ExistingResource): Promise<ProvisionedResource> | ProvisionedResource;
  delete(request: ExistingResource): Promise<void> | void;
  /**
   * What an unchanged resource looks like at this start, for attributes that do not outlive a run (a port that moved).
   * Resources that refer to a changed attribute are updated. Without it, the attributes of the last run stand.
   */
  read?(request: ExistingResource): Promise<ProvisionedResource> | ProvisionedResource;
}
