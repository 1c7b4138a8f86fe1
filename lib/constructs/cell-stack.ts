import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { CellContext } from './cell-context.ts';

/** A stack of one cell: named after environment and cell, in the cell's account and Region. */
export class CellStack extends Stack {
  readonly context: CellContext;

  constructor(scope: Construct, name: string, context: CellContext, props: Pick<StackProps, 'description'>) {
    const { environment, cell } = context;
    super(scope, name, {
      ...props,
      stackName: `iov-${environment.name}-${cell.name}-${name.toLowerCase()}`,
      terminationProtection: environment.keepState,
      // `current` leaves the account to the credentials at deployment: templates say AWS::AccountId then.
      env: { region: cell.region, ...(cell.account !== 'current' && { account: cell.account }) },
      tags: { 'iov:environment': environment.name, 'iov:cell': cell.name },
    });
    this.context = context;
  }

  /** The cell's own zones, so that synthesis asks no account for them. */
  override get availabilityZones(): string[] {
    return [...this.context.cell.zones];
  }

  /** What becomes of state when its resource leaves the stack. */
  get removalPolicy(): RemovalPolicy {
    return this.context.environment.keepState ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  }

  /** A name that is unique in the organization: environment and cell, for resources whose names matter. */
  physicalName(name: string, separator = '-'): string {
    const { environment, cell } = this.context;
    return ['iov', environment.name, cell.name, name].join(separator);
  }
}
