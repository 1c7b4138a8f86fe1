import type { LambdaCode } from '../bundling/lambda-code.ts';
import type { Cell, Environment } from '../environments/environment.ts';

/** What every stack of a cell is made from. */
export interface CellContext {
  readonly environment: Environment;
  readonly cell: Cell;
  readonly code: LambdaCode;
}
