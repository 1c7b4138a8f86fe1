import { formatNumber, isMet, ratioOf, type Measurement } from './measurement.ts';

const WIDTH = 860;
const ROW = 26;
const LABELS = 400;
const BARS = 340;
const COLOURS = { met: '#2e7d32', missed: '#c62828', neutral: '#546e7a' };

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

function colourOf(measurement: Measurement): string {
  const met = isMet(measurement);
  return met === undefined ? COLOURS.neutral : met ? COLOURS.met : COLOURS.missed;
}

/** The ratios of a run as bars on a logarithmic axis from a tenth to ten; the line in the middle is mosquitto. */
export function renderChart(measurements: readonly Measurement[], title: string): string {
  const rows = measurements.filter((measurement) => ratioOf(measurement) !== undefined);
  const height = 70 + rows.length * ROW;
  const x = (ratio: number): number => LABELS + (BARS / 2) * (1 + Math.max(-1, Math.min(1, Math.log10(ratio))));
  const bars = rows.map((measurement, index) => {
    const ratio = ratioOf(measurement)!;
    const y = 50 + index * ROW;
    const [from, to] = [x(1), x(ratio)].sort((a, b) => a - b) as [number, number];
    return [
      `<text x="10" y="${y + 15}">${escape(`${measurement.scenario}: ${measurement.metric}`)}</text>`,
      `<rect x="${from.toFixed(1)}" y="${y + 3}" width="${Math.max(1, to - from).toFixed(1)}" height="16" fill="${colourOf(measurement)}"/>`,
      `<text x="${WIDTH - 10}" y="${y + 15}" text-anchor="end">${formatNumber(ratio)} ×</text>`,
    ].join('');
  });
  const marks = [0.1, 0.33, 1, 3, 10].map(
    (ratio) =>
      `<line x1="${x(ratio)}" x2="${x(ratio)}" y1="44" y2="${height - 14}" stroke="${ratio === 1 ? '#000' : '#ccc'}"/>` +
      `<text x="${x(ratio)}" y="40" text-anchor="middle" fill="#555">${ratio}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="10" y="20" font-size="14" font-weight="bold">${escape(title)}</text>`,
    ...marks,
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}
