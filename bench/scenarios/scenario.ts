import type { Measurement } from '../report/measurement.ts';
import type { Side } from '../sides/side.ts';

/** How large a run is. */
export interface Size {
  readonly uplinkMessages: number;
  readonly idleConnections: number;
  readonly stormConnections: number;
  readonly broadcastMessages: number;
  readonly evaluationSeconds: number;
  readonly starts: number;
}

export interface ScenarioContext {
  readonly size: Size;
  /** The twin first; mosquitto when it is installed. */
  readonly sides: readonly Side[];
  /** What `cdk synth` wrote for this run. */
  readonly assembly: string;
  readonly stateFolder: string;
  readonly firstPort: number;
  say(line: string): void;
}

export interface Scenario {
  readonly name: string;
  /** Whether the two brokers have to run. */
  readonly needsSides: boolean;
  run(context: ScenarioContext): Promise<Measurement[]>;
}

/** The same measurement on each side. */
export async function onEachSide<T>(
  sides: readonly Side[],
  measure: (side: Side) => Promise<T>,
): Promise<{ readonly twin: T; readonly mosquitto?: T }> {
  const results: { twin?: T; mosquitto?: T } = {};
  for (const side of sides) results[side.name] = await measure(side);
  return results as { twin: T; mosquitto?: T };
}

/** A figure of each side's result. */
export function both<T>(
  results: { readonly twin: T; readonly mosquitto?: T },
  figure: (result: T) => number,
): Pick<Measurement, 'twin' | 'mosquitto'> {
  return {
    twin: figure(results.twin),
    ...(results.mosquitto !== undefined && { mosquitto: figure(results.mosquitto) }),
  };
}
