import type { AwsService } from './service.ts';

/** Which operations of one AWS service the twin executes, and which it refuses by name. */
export interface ApiCoverage {
  /** The SDK client's name, e.g. `IoTDataPlane`. */
  readonly service: string;
  readonly executed: readonly string[];
  readonly refused: readonly string[];
}

const CLIENT = /^(\w+)Client$/;

/** Every client exports its base class twice: `IoTClient`, and `Client` or `__Client` of the framework. */
function serviceName(model: Readonly<Record<string, unknown>>): string {
  for (const name of Object.keys(model)) {
    const service = CLIENT.exec(name)?.[1];
    if (service !== undefined && service !== '__') return service;
  }
  return 'unknown';
}

/**
 * Compares each service's operations with all that its SDK knows. Services behind one SDK client are one row.
 *
 * @param services as the endpoint has them
 */
export async function apiCoverage(services: readonly AwsService[]): Promise<ApiCoverage[]> {
  const rows = new Map<string, { known: Set<string>; executed: Set<string> }>();
  for (const service of services) {
    const model = await service.model();
    const name = serviceName(model);
    const known = Object.keys(model).flatMap((key) =>
      key.endsWith('Command') && key !== '$Command' ? [key.slice(0, -'Command'.length)] : [],
    );
    let row = rows.get(name);
    if (!row) rows.set(name, (row = { known: new Set(), executed: new Set() }));
    for (const operation of known) row.known.add(operation);
    for (const operation of known) if (operation in service.operations) row.executed.add(operation);
  }
  return [...rows.entries()]
    .map(([service, { known, executed }]) => ({
      service,
      executed: [...executed].sort(),
      refused: [...known].filter((operation) => !executed.has(operation)).sort(),
    }))
    .sort((a, b) => a.service.localeCompare(b.service));
}
