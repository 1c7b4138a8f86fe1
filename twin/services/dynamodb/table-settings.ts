import type { Clock } from '../../clock.ts';
import { AwsError } from '../../endpoint/service.ts';
import type { Collection, Store } from '../../state/store.ts';
import type { Data } from './dynalite.ts';

/** What a table has beyond items and indexes; kept beside it, since the library knows none of it. */
export interface TableSettings {
  readonly timeToLiveAttribute?: string;
  /** Milliseconds since the epoch at which point-in-time recovery was turned on. */
  readonly recoverableSince?: number;
  readonly recoveryPeriodInDays?: number;
  readonly deletionProtection?: boolean;
  readonly tableClass?: string;
  readonly sseDescription?: Data;
  readonly streamSpecification?: Data;
  readonly streamLabel?: string;
}

const DEFAULT_RECOVERY_DAYS = 35;

/** The settings of all tables, and their part of the answers. */
export class TableSettingsStore {
  readonly #collection: Collection<TableSettings>;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#collection = store.collection('dynamodb.table-settings');
    this.#clock = clock;
  }

  get(table: string): TableSettings {
    return this.#collection.get(table) ?? {};
  }

  delete(table: string): void {
    this.#collection.delete(table);
  }

  update(table: string, changes: Partial<TableSettings>): void {
    this.#collection.set(table, { ...this.get(table), ...changes });
  }

  tablesWithExpiry(): [string, string][] {
    return [...this.#collection.entries()].flatMap(([table, { timeToLiveAttribute: attribute }]) =>
      attribute === undefined ? [] : [[table, attribute]],
    );
  }

  /** Takes over what CreateTable and UpdateTable say of settings. */
  apply(table: string, input: Data): void {
    const stream = input['StreamSpecification'] as { StreamEnabled?: boolean } | undefined;
    const sse = input['SSESpecification'] as { Enabled?: boolean; KMSMasterKeyId?: string } | undefined;
    this.update(table, {
      ...(input['DeletionProtectionEnabled'] !== undefined && {
        deletionProtection: input['DeletionProtectionEnabled'] === true,
      }),
      ...(typeof input['TableClass'] === 'string' && { tableClass: input['TableClass'] }),
      ...(sse && {
        sseDescription: sse.Enabled
          ? { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: sse.KMSMasterKeyId }
          : undefined,
      }),
      ...(stream && {
        streamSpecification: stream.StreamEnabled ? stream : undefined,
        streamLabel: stream.StreamEnabled
          ? (this.get(table).streamLabel ?? new Date(this.#clock.now()).toISOString().replace('Z', ''))
          : undefined,
      }),
    });
  }

  /** A TableDescription with the settings' members. */
  describe(description: Data): Data {
    const table = String(description['TableName']);
    const {
      deletionProtection = false,
      tableClass,
      sseDescription,
      streamSpecification,
      streamLabel,
    } = this.get(table);
    return {
      ...description,
      DeletionProtectionEnabled: deletionProtection,
      ...(tableClass !== undefined && { TableClassSummary: { TableClass: tableClass } }),
      ...(sseDescription && { SSEDescription: sseDescription }),
      ...(streamSpecification && {
        StreamSpecification: streamSpecification,
        LatestStreamLabel: streamLabel,
        LatestStreamArn: `${String(description['TableArn'])}/stream/${streamLabel}`,
      }),
    };
  }

  /** @throws AwsError ValidationException when the state is already the one asked for, as DynamoDB does */
  updateTimeToLive(table: string, specification: { Enabled?: boolean; AttributeName?: string }): Data {
    const { timeToLiveAttribute } = this.get(table);
    const { Enabled: enabled = false, AttributeName: attribute = '' } = specification;
    if (attribute === '')
      throw new AwsError('ValidationException', 'TimeToLiveSpecification AttributeName must be non empty');
    if (enabled && timeToLiveAttribute !== undefined)
      throw new AwsError('ValidationException', 'TimeToLive is already enabled');
    if (!enabled && timeToLiveAttribute === undefined)
      throw new AwsError('ValidationException', 'TimeToLive is already disabled');
    this.update(table, { timeToLiveAttribute: enabled ? attribute : undefined });
    return { TimeToLiveSpecification: { Enabled: enabled, AttributeName: attribute } };
  }

  describeTimeToLive(table: string): Data {
    const { timeToLiveAttribute: attribute } = this.get(table);
    return {
      TimeToLiveDescription:
        attribute === undefined
          ? { TimeToLiveStatus: 'DISABLED' }
          : { TimeToLiveStatus: 'ENABLED', AttributeName: attribute },
    };
  }

  updateContinuousBackups(
    table: string,
    specification: { PointInTimeRecoveryEnabled?: boolean; RecoveryPeriodInDays?: number },
  ): Data {
    const enabled = specification.PointInTimeRecoveryEnabled === true;
    this.update(table, {
      recoverableSince: enabled ? (this.get(table).recoverableSince ?? this.#clock.now()) : undefined,
      recoveryPeriodInDays: enabled ? (specification.RecoveryPeriodInDays ?? DEFAULT_RECOVERY_DAYS) : undefined,
    });
    return this.describeContinuousBackups(table);
  }

  describeContinuousBackups(table: string): Data {
    const { recoverableSince, recoveryPeriodInDays } = this.get(table);
    return {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription:
          recoverableSince === undefined
            ? { PointInTimeRecoveryStatus: 'DISABLED' }
            : {
                PointInTimeRecoveryStatus: 'ENABLED',
                RecoveryPeriodInDays: recoveryPeriodInDays,
                EarliestRestorableDateTime: recoverableSince / 1000,
                LatestRestorableDateTime: this.#clock.now() / 1000,
              },
      },
    };
  }
}
