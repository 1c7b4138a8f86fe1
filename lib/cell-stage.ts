import { Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { CellContext } from './constructs/cell-context.ts';
import { stageName } from './stage-name.ts';
import { ConsumersStack } from './stacks/consumers-stack.ts';
import { DownlinkStack } from './stacks/downlink-stack.ts';
import { FrontDoorStack } from './stacks/front-door-stack.ts';
import { IngestStack } from './stacks/ingest-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { OperationsStack } from './stacks/operations-stack.ts';
import { PhonesStack } from './stacks/phones-stack.ts';
import { StreamStack } from './stacks/stream-stack.ts';

/** Everything of one cell. Stacks depend on each other only in the order in which they are made here. */
export class CellStage extends Stage {
  readonly network: NetworkStack;
  readonly stream: StreamStack;
  readonly frontDoor: FrontDoorStack;
  readonly phones: PhonesStack;
  readonly downlink: DownlinkStack;
  readonly ingest: IngestStack;
  readonly consumers: ConsumersStack;
  readonly operations: OperationsStack;

  constructor(scope: Construct, context: CellContext) {
    super(scope, stageName(context.environment.name, context.cell.name));
    this.network = new NetworkStack(this, context);
    this.stream = new StreamStack(this, context, this.network);
    this.frontDoor = new FrontDoorStack(this, context);
    this.phones = new PhonesStack(this, context);
    this.downlink = new DownlinkStack(this, context, this.frontDoor);
    this.ingest = new IngestStack(this, context, this);
    this.consumers = new ConsumersStack(this, context, this.stream);
    this.operations = new OperationsStack(this, context, this.ingest);
  }
}
