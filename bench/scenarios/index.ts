import { broadcast } from './broadcast.ts';
import { bundles } from './bundles.ts';
import { connectionScenarios } from './connections.ts';
import { ruleEvaluation } from './rule-evaluation.ts';
import type { Scenario, Size } from './scenario.ts';
import { startUp, synthesis } from './start-up.ts';
import { uplinkScenarios } from './uplink.ts';

export const SCENARIOS: readonly Scenario[] = [
  // Memory first: later the process has room from earlier loads, in which connections would seem to cost nothing.
  ...connectionScenarios,
  ...uplinkScenarios,
  broadcast,
  ruleEvaluation,
  bundles,
  synthesis,
  startUp,
];

/** Bounded for a machine of two cores. */
export const SIZES: Readonly<Record<'quick' | 'full', Size>> = {
  full: {
    uplinkMessages: 40_000,
    idleConnections: 2000,
    stormConnections: 2000,
    broadcastMessages: 500,
    evaluationSeconds: 2,
    starts: 2,
  },
  quick: {
    uplinkMessages: 8000,
    idleConnections: 1000,
    stormConnections: 400,
    broadcastMessages: 100,
    evaluationSeconds: 0.5,
    starts: 1,
  },
};
