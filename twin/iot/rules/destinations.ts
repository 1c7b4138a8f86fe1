import { randomUUID } from 'node:crypto';

import { arn, type Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import { invalid } from './actions/action.ts';

export type DestinationStatus = 'ENABLED' | 'IN_PROGRESS' | 'DISABLED' | 'ERROR' | 'DELETING';

export interface VpcProperties {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroups?: readonly string[];
  readonly roleArn: string;
}

export interface TopicRuleDestination {
  readonly arn: string;
  readonly status: DestinationStatus;
  readonly statusReason: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lastUpdatedAt: number;
  readonly vpcProperties?: VpcProperties;
  readonly httpUrlProperties?: { readonly confirmationUrl: string };
}

/** Quotas of the rules engine: VPC destinations of one account and Region. */
const MOST_VPC_DESTINATIONS = 5;

/**
 * Where rules may send to. The twin has no network interfaces to create and no URL to confirm, so a destination is ENABLED at
 * once; what depends on its being there and enabled is checked as AWS checks it.
 */
export class TopicRuleDestinations {
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #destinations: Collection<TopicRuleDestination>;

  constructor(store: Store, account: Account, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
    this.#destinations = store.collection('iot/topic-rule-destinations');
  }

  /** @throws AwsError InvalidRequestException, LimitExceededException */
  create(configuration: {
    readonly vpcProperties?: Partial<VpcProperties>;
    readonly httpUrlProperties?: { readonly confirmationUrl?: string };
  }): TopicRuleDestination {
    const { vpcProperties: vpc, httpUrlProperties: http } = configuration;
    if (!vpc === !http) throw invalid('A destination has either VPC or HTTP URL properties.');
    const destinationArn = arn(this.#account, 'iot', `ruledestination/${vpc ? 'vpc' : 'http'}/${randomUUID()}`);
    const now = this.#clock.now();
    const common = {
      arn: destinationArn,
      status: 'ENABLED' as const,
      statusReason: '',
      createdAt: now,
      lastUpdatedAt: now,
    };
    const destination = vpc
      ? { ...common, vpcProperties: this.#checkVpc(vpc) }
      : { ...common, httpUrlProperties: { confirmationUrl: checkUrl(http?.confirmationUrl) } };
    this.#destinations.set(destinationArn, destination);
    return destination;
  }

  #checkVpc({ vpcId, subnetIds, securityGroups, roleArn }: Partial<VpcProperties>): VpcProperties {
    if (!vpcId || !roleArn || !subnetIds?.length)
      throw invalid('A VPC destination needs vpcId, subnetIds and roleArn.');
    const existing = this.list().filter(({ vpcProperties }) => vpcProperties);
    if (existing.length >= MOST_VPC_DESTINATIONS) {
      throw new AwsError(
        'LimitExceededException',
        `An account has at most ${MOST_VPC_DESTINATIONS} VPC destinations in a Region.`,
        410,
      );
    }
    const same = existing.find(
      ({ vpcProperties }) => vpcProperties!.vpcId === vpcId && sameMembers(vpcProperties!.subnetIds, subnetIds),
    );
    if (same)
      throw new AwsError('ConflictingResourceUpdateException', `${same.arn} is in the same subnets of ${vpcId}.`, 409);
    return { vpcId, subnetIds, securityGroups, roleArn };
  }

  /** @throws AwsError UnauthorizedException, IoT's answer for a destination that is not there */
  get(destinationArn: string): TopicRuleDestination {
    const destination = this.#destinations.get(destinationArn);
    if (!destination)
      throw new AwsError('UnauthorizedException', `Access to destination ${destinationArn} was denied`, 401);
    return destination;
  }

  list(): TopicRuleDestination[] {
    return [...this.#destinations.values()];
  }

  /** @throws AwsError InvalidRequestException for a status that a request cannot set */
  updateStatus(destinationArn: string, status: string): void {
    const destination = this.get(destinationArn);
    if (status !== 'ENABLED' && status !== 'IN_PROGRESS' && status !== 'DISABLED')
      throw invalid(`${status} is not a status to set.`);
    // Enabling goes through IN_PROGRESS while AWS makes network interfaces; there are none to make here.
    const reached = status === 'IN_PROGRESS' ? 'ENABLED' : status;
    this.#destinations.set(destinationArn, { ...destination, status: reached, lastUpdatedAt: this.#clock.now() });
  }

  delete(destinationArn: string): void {
    this.get(destinationArn);
    this.#destinations.delete(destinationArn);
  }

  /** @throws AwsError InvalidRequestException when a rule cannot use the destination now */
  require(destinationArn: string): void {
    const destination = this.#destinations.get(destinationArn);
    if (!destination) throw invalid(`Destination ${destinationArn} does not exist.`);
    if (destination.status !== 'ENABLED')
      throw invalid(`Destination ${destinationArn} is ${destination.status}, not ENABLED.`);
  }
}

function checkUrl(url: string | undefined): string {
  if (!url || !URL.canParse(url)) throw invalid('An HTTP destination needs a confirmationUrl.');
  return url;
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}
