import type { InertCatalogue } from './inert-catalogue.ts';

/** `live`: executed. `inert`: has no local behaviour. `unsupported`: has one, which the twin does not have. */
export type Liveness = 'live' | 'inert' | 'unsupported';

export interface ClassificationRow {
  readonly type: string;
  readonly liveness: Liveness;
  readonly count: number;
  /** Why it is inert or unsupported. */
  readonly reason?: string;
  /** `<stack>/<logical id>` of each. */
  readonly resources: readonly string[];
}

const UNSUPPORTED_REASON = 'the twin does not execute it; it exists in name only';

/** Whether a resource is made by a function of the app's own (CloudFormation user guide, "Custom resources"). */
export function isCustomResource(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

/** Says of one type what the twin does with it. A provider wins over the catalogue. */
export function livenessOf(type: string, liveTypes: ReadonlySet<string>, inert: InertCatalogue): Liveness {
  if (liveTypes.has(type) || isCustomResource(type) || type === 'AWS::CloudFormation::Stack') return 'live';
  return Object.hasOwn(inert, type) ? 'inert' : 'unsupported';
}

/** One row a resource type: unsupported first, then live, then inert; each in alphabetical order. */
export function classify(
  resources: Iterable<{ readonly stackName: string; readonly logicalId: string; readonly type: string }>,
  liveTypes: ReadonlySet<string>,
  inert: InertCatalogue,
): ClassificationRow[] {
  const byType = new Map<string, string[]>();
  for (const { stackName, logicalId, type } of resources) {
    const names = byType.get(type) ?? [];
    names.push(`${stackName}/${logicalId}`);
    byType.set(type, names);
  }
  const rank: Record<Liveness, number> = { unsupported: 0, live: 1, inert: 2 };
  return [...byType]
    .map(([type, names]): ClassificationRow => {
      const liveness = livenessOf(type, liveTypes, inert);
      const reason =
        liveness === 'inert' ? inert[type]!.reason : liveness === 'unsupported' ? UNSUPPORTED_REASON : undefined;
      return { type, liveness, count: names.length, reason, resources: names };
    })
    .sort((a, b) => rank[a.liveness] - rank[b.liveness] || (a.type < b.type ? -1 : 1));
}

/** The table as text, one line a type, with a closing line of totals. */
export function renderClassification(rows: readonly ClassificationRow[]): string {
  const width = Math.max(4, ...rows.map((row) => row.type.length));
  const lines = rows.map((row) =>
    `${row.liveness.padEnd(11)}  ${String(row.count).padStart(5)}  ${row.type.padEnd(width)}  ${row.reason ?? ''}`.trimEnd(),
  );
  const total = (liveness: Liveness): number =>
    rows.reduce((sum, row) => sum + (row.liveness === liveness ? row.count : 0), 0);
  return [...lines, `${total('live')} live, ${total('inert')} inert, ${total('unsupported')} unsupported`].join('\n');
}
