/** One figure of a run. */
export interface Measurement {
  readonly scenario: string;
  /** What was measured, e.g. `CPU time a message`. */
  readonly metric: string;
  readonly unit: string;
  readonly twin: number;
  /** Of the other side in the same run, where there is one. */
  readonly mosquitto?: number;
  readonly goal?: Goal;
}

/** The bars of docs/performance.md. */
export type Goal =
  /** twin / mosquitto, at most or at least */
  | { readonly ratioAtMost: number }
  | { readonly ratioAtLeast: number }
  /** The figure itself, in its unit. */
  | { readonly atMost: number }
  | { readonly atLeast: number };

export function ratioOf({ twin, mosquitto }: Measurement): number | undefined {
  return mosquitto === undefined || mosquitto === 0 ? undefined : twin / mosquitto;
}

/** @returns undefined where there is no goal, or nothing to compare with */
export function isMet(measurement: Measurement): boolean | undefined {
  const { goal, twin } = measurement;
  if (!goal) return undefined;
  if ('atMost' in goal) return twin <= goal.atMost;
  if ('atLeast' in goal) return twin >= goal.atLeast;
  const ratio = ratioOf(measurement);
  if (ratio === undefined) return undefined;
  return 'ratioAtMost' in goal ? ratio <= goal.ratioAtMost : ratio >= goal.ratioAtLeast;
}

export function describeGoal(goal: Goal | undefined): string {
  if (!goal) return '';
  if ('atMost' in goal) return `≤ ${formatNumber(goal.atMost)}`;
  if ('atLeast' in goal) return `≥ ${formatNumber(goal.atLeast)}`;
  return 'ratioAtMost' in goal ? `ratio ≤ ${goal.ratioAtMost.toFixed(2)}` : `ratio ≥ ${goal.ratioAtLeast.toFixed(2)}`;
}

/** Three digits that count. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en', { minimumFractionDigits: 0, maximumFractionDigits: Math.min(digits, 3) });
}

export const keyOf = ({ scenario, metric }: Measurement): string => `${scenario}: ${metric}`;
