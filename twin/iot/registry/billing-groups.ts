import { randomUUID } from 'node:crypto';

import { iotArn } from './arns.ts';
import { checkText, GROUP_NAME } from './constraints.ts';
import type { RegistryContext } from './context.ts';
import { alreadyExists, notFound, versionConflict } from './failures.ts';
import type { Table } from './table.ts';

export interface BillingGroupRecord {
  readonly billingGroupName: string;
  readonly billingGroupId: string;
  readonly billingGroupArn: string;
  readonly description?: string;
  readonly version: number;
  readonly createdAt: number;
}

/** Billing groups: tags for costs. A thing is in one at most; its own record says which. */
export class BillingGroups {
  readonly #context: RegistryContext;
  readonly table: Table<BillingGroupRecord>;

  constructor(context: RegistryContext) {
    this.#context = context;
    this.table = context.tables.open<BillingGroupRecord>('iot.billing-groups');
  }

  create(billingGroupName: string, description?: string): BillingGroupRecord {
    checkText(billingGroupName, 'billingGroupName', GROUP_NAME);
    const existing = this.table.get(billingGroupName);
    if (existing) {
      if (existing.description === description) return existing;
      throw alreadyExists(
        `Billing group ${billingGroupName} already exists in account with different properties`,
        billingGroupName,
        existing.billingGroupArn,
      );
    }
    const record: BillingGroupRecord = {
      billingGroupName,
      billingGroupId: randomUUID(),
      billingGroupArn: iotArn(this.#context.account, 'billinggroup', billingGroupName),
      ...(description !== undefined && { description }),
      version: 1,
      createdAt: this.#context.clock.now(),
    };
    this.table.set(billingGroupName, record);
    return record;
  }

  /** @throws AwsError ResourceNotFoundException */
  describe(billingGroupName: string): BillingGroupRecord {
    const record = this.table.get(billingGroupName);
    if (!record) throw notFound(`Billing group ${billingGroupName} does not exist`);
    return record;
  }

  /** @returns the new version */
  update(billingGroupName: string, description: string | undefined, expectedVersion?: number): number {
    const record = this.describe(billingGroupName);
    checkVersion(record, expectedVersion);
    const version = record.version + 1;
    this.table.set(billingGroupName, { ...record, ...(description !== undefined && { description }), version });
    return version;
  }

  delete(billingGroupName: string, expectedVersion?: number): void {
    const record = this.table.get(billingGroupName);
    if (!record) return;
    checkVersion(record, expectedVersion);
    this.table.delete(billingGroupName);
  }
}

/** @throws AwsError VersionConflictException when another version was expected */
export function checkVersion(record: { readonly version: number }, expectedVersion: number | undefined): void {
  if (expectedVersion !== undefined && expectedVersion !== record.version) {
    throw versionConflict(`The expected version ${expectedVersion} does not match the version ${record.version}`);
  }
}
