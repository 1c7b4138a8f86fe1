import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { Store } from '../../state/store.ts';
import { CaCertificates } from '../certificates/ca-certificates.ts';
import { Certificates } from '../certificates/certificates.ts';
import type { AccountDefinitions } from './account-definitions.ts';
import { openAccountDefinitions } from './account-definitions.ts';
import { certificateIdOfPrincipal, checkPrincipal, nameOfArn } from './arns.ts';
import { BillingGroups } from './billing-groups.ts';
import { RegistryChanges } from './changes.ts';
import type { RegistryContext } from './context.ts';
import { deleteConflict, invalidRequest, notFound } from './failures.ts';
import { GROUPS_PER_THING, GroupMemberships } from './group-memberships.ts';
import { Policies } from './policies.ts';
import { PolicyAttachments, targetOfKey } from './policy-attachments.ts';
import { AccountSettings } from './settings.ts';
import { Tables } from './table.ts';
import { Tags } from './tags.ts';
import { ThingGroups, type ThingGroupRecord } from './thing-groups.ts';
import type { ThingPrincipalType } from './thing-principals.ts';
import { ThingPrincipals } from './thing-principals.ts';
import { Things } from './things.ts';
import { ThingTypes } from './thing-types.ts';

/**
 * The device registry of one account and Region. Each part keeps its own rules; what concerns two parts at once
 * (deletions, attachments) is here.
 */
export class Registry implements RegistryContext {
  readonly account: Account;
  readonly clock: Clock;
  readonly tables: Tables;
  readonly changes = new RegistryChanges();
  readonly thingTypes: ThingTypes;
  readonly billingGroups: BillingGroups;
  readonly things: Things;
  readonly thingGroups: ThingGroups;
  readonly memberships: GroupMemberships;
  readonly policies: Policies;
  readonly policyAttachments: PolicyAttachments;
  readonly principals: ThingPrincipals;
  readonly certificates: Certificates;
  readonly caCertificates: CaCertificates;
  readonly settings: AccountSettings;
  readonly definitions: AccountDefinitions;
  readonly tags: Tags;

  constructor(store: Store, account: Account, clock: Clock) {
    this.account = account;
    this.clock = clock;
    this.tables = new Tables(store);
    this.thingTypes = new ThingTypes(this);
    this.billingGroups = new BillingGroups(this);
    this.things = new Things(this, this.thingTypes, this.billingGroups);
    this.thingGroups = new ThingGroups(this);
    this.memberships = new GroupMemberships(this, this.thingGroups, this.things);
    this.policies = new Policies(this);
    this.policyAttachments = new PolicyAttachments(this);
    this.principals = new ThingPrincipals(this);
    this.certificates = new Certificates(this);
    this.caCertificates = new CaCertificates(this);
    this.settings = new AccountSettings(this);
    this.definitions = openAccountDefinitions(this);
    this.tags = new Tags(this);
  }

  atomically<T>(work: () => T): T {
    return this.changes.holding(() => this.tables.transaction(work));
  }

  /** @throws AwsError InvalidRequestException while principals are attached to it */
  deleteThing(thingName: string, expectedVersion?: number): void {
    if (this.principals.ofThing(thingName).length > 0) {
      throw invalidRequest(`Cannot delete. Thing ${thingName} is still attached to one or more principals`);
    }
    this.atomically(() => {
      // Both ends of a membership are there when its end is told.
      this.memberships.removeAllOfThing(thingName);
      this.things.delete(thingName, expectedVersion);
    });
  }

  deleteThingGroup(thingGroupName: string, expectedVersion?: number): void {
    const group = this.thingGroups.table.get(thingGroupName);
    if (!group) return;
    this.atomically(() => {
      this.memberships.removeAllOfGroup(thingGroupName);
      this.thingGroups.delete(thingGroupName, expectedVersion);
      this.policyAttachments.detachAllOf(group.thingGroupArn);
      this.tags.forget(group.thingGroupArn);
    });
  }

  deleteBillingGroup(billingGroupName: string, expectedVersion?: number): void {
    const group = this.billingGroups.table.get(billingGroupName);
    if (!group) return;
    this.atomically(() => {
      for (const thing of [...this.things.table.by('billingGroup', billingGroupName)]) {
        this.things.setBillingGroup(thing, undefined);
      }
      this.billingGroups.delete(billingGroupName, expectedVersion);
      this.tags.forget(group.billingGroupArn);
    });
  }

  /**
   * @param overrideDynamicGroups whether a thing in as many groups as it may be leaves the newest dynamic one (developer
   *   guide, "With overrideDynamicGroups enabled")
   */
  addThingToGroup(thingGroupName: string, thingName: string, overrideDynamicGroups = false): void {
    this.things.describe(thingName);
    this.thingGroups.describeStatic(thingGroupName);
    const { memberships } = this;
    if (!memberships.has(thingGroupName, thingName) && overrideDynamicGroups) {
      const groups = memberships.groupsOf(thingName);
      const newest = this.newestDynamic(groups);
      if (groups.length >= GROUPS_PER_THING && newest) memberships.remove(newest.thingGroupName, thingName);
    }
    memberships.add(thingGroupName, thingName);
  }

  /** The dynamic group among these that was created last. */
  newestDynamic(thingGroupNames: readonly string[]): ThingGroupRecord | undefined {
    const dynamic = thingGroupNames.map((name) => this.thingGroups.describe(name)).filter(({ query }) => query);
    return dynamic.sort((a, b) => b.createdAt - a.createdAt)[0];
  }

  deletePolicy(policyName: string): void {
    const { policyArn } = this.policies.describe(policyName);
    this.policies.delete(policyName, this.policyAttachments.isAttached(policyName));
    this.tags.forget(policyArn);
  }

  /** Deletes a policy with its versions and attachments. */
  removePolicy(policyName: string): void {
    const policy = this.policies.table.get(policyName);
    if (!policy) return;
    this.atomically(() => {
      for (const key of [...this.policyAttachments.targetsOf(policyName)]) {
        this.policyAttachments.detach(policyName, targetOfKey(key));
      }
      this.policies.table.delete(policyName);
      this.tags.forget(policy.policyArn);
    });
  }

  /** @param target ARN of a certificate or a thing group, or a Cognito identity id */
  attachPolicy(policyName: string, target: string): void {
    this.policies.describe(policyName);
    this.checkTargetExists(target);
    // Developer guide, "You can't apply policies to dynamic thing groups".
    const group = nameOfArn(this.account, 'thinggroup', target);
    if (group !== undefined) this.thingGroups.describeStatic(group);
    this.policyAttachments.attach(policyName, target);
  }

  /** @throws AwsError ResourceNotFoundException when there is no such policy */
  detachPolicy(policyName: string, target: string): void {
    this.policies.describe(policyName);
    this.policyAttachments.detach(policyName, target);
  }

  attachThingPrincipal(thingName: string, principal: string, type?: ThingPrincipalType): void {
    this.things.describe(thingName);
    this.checkPrincipalExists(principal);
    this.principals.attach(thingName, principal, type);
  }

  detachThingPrincipal(thingName: string, principal: string): void {
    this.things.describe(thingName);
    checkPrincipal(this.account, principal);
    if (!this.principals.detach(thingName, principal)) {
      throw notFound(`Principal ${principal} is not attached to thing ${thingName}`);
    }
  }

  /** @throws AwsError CertificateStateException while active, DeleteConflictException while attached */
  deleteCertificate(certificateId: string, forceDelete = false): void {
    const certificate = this.certificates.describe(certificateId);
    const { certificateArn } = certificate;
    this.certificates.checkDeletable(certificate);
    if (this.principals.ofPrincipal(certificateArn).length > 0) {
      throw deleteConflict(`Things must be detached before deletion (arn=${certificateArn})`);
    }
    if (!forceDelete && this.policyAttachments.policiesOf(certificateArn).length > 0) {
      throw deleteConflict(`Certificate policies must be detached before deletion (arn=${certificateArn})`);
    }
    this.removeCertificate(certificateId);
  }

  /** Deletes a certificate and all that hangs on it, whatever its status. */
  removeCertificate(certificateId: string): void {
    const certificate = this.certificates.get(certificateId);
    if (!certificate) return;
    this.atomically(() => {
      this.policyAttachments.detachAllOf(certificate.certificateArn);
      for (const { thingName } of this.principals.ofPrincipal(certificate.certificateArn)) {
        this.principals.detach(thingName, certificate.certificateArn);
      }
      this.certificates.remove(certificateId);
    });
  }

  /** @throws AwsError InvalidRequestException while it is active */
  deleteCaCertificate(certificateId: string): void {
    const ca = this.caCertificates.describe(certificateId);
    if (ca.status === 'ACTIVE')
      throw invalidRequest(`CA certificate must be deactivated before deletion (id=${certificateId})`);
    this.caCertificates.table.delete(certificateId);
    this.tags.forget(ca.certificateArn);
  }

  /** @throws AwsError ResourceNotFoundException, InvalidRequestException */
  checkTargetExists(target: string): void {
    const group = nameOfArn(this.account, 'thinggroup', target);
    if (group !== undefined) this.thingGroups.describe(group);
    else this.checkPrincipalExists(target);
  }

  /** @throws AwsError ResourceNotFoundException, InvalidRequestException */
  checkPrincipalExists(principal: string): void {
    checkPrincipal(this.account, principal);
    const certificateId = certificateIdOfPrincipal(this.account, principal);
    if (certificateId !== undefined) this.certificates.describe(certificateId);
  }
}
