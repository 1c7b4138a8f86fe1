import { describeGoal, formatNumber, isMet, keyOf, ratioOf, type Measurement } from './measurement.ts';

const HEADINGS = ['scenario', 'figure', 'unit', 'twin', 'mosquitto', 'ratio', 'goal', 'met', 'last'];

function verdict(measurement: Measurement): string {
  const met = isMet(measurement);
  return met === undefined ? '' : met ? 'yes' : 'NO';
}

/** The figures as text, each beside what the last run had measured. */
export function renderTable(measurements: readonly Measurement[], last: readonly Measurement[]): string {
  const earlier = new Map(last.map((measurement) => [keyOf(measurement), measurement]));
  const rows = measurements.map((measurement) => {
    const { scenario, metric, unit, twin, mosquitto, goal } = measurement;
    const ratio = ratioOf(measurement);
    const before = earlier.get(keyOf(measurement));
    return [
      ...[scenario, metric, unit, formatNumber(twin)],
      mosquitto === undefined ? '' : formatNumber(mosquitto),
      ratio === undefined ? '' : ratio.toFixed(2),
      ...[describeGoal(goal), verdict(measurement)],
      before ? formatNumber(before.twin) : '',
    ];
  });
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return [line(HEADINGS), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
