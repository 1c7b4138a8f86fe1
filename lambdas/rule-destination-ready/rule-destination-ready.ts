import type { CustomResourceOutcome } from '../shared/custom-resource.ts';

/** A Lambda runs for 15 minutes at most; network interfaces take "a few minutes". */
export const LONGEST_WAIT = 13 * 60_000;
const INTERVAL = 5_000;

interface DestinationApi {
  describe(arn: string): Promise<{ readonly status?: string; readonly statusReason?: string }>;
  wait(milliseconds: number): Promise<unknown>;
  now(): number;
}

/**
 * Returns when a topic rule destination is ENABLED: a Kafka rule that is created before then loses its first messages.
 * @throws Error when the destination ends otherwise, with AWS's reason, or takes longer than {@link LONGEST_WAIT}
 */
export async function ruleDestinationReady(
  properties: Readonly<Record<string, unknown>>,
  api: DestinationApi,
): Promise<CustomResourceOutcome> {
  const arn = String(properties['DestinationArn']);
  const started = api.now();
  for (;;) {
    const { status, statusReason } = await api.describe(arn);
    if (status === 'ENABLED') return { physicalId: `ready:${arn}` };
    if (status !== 'IN_PROGRESS')
      throw new Error(`destination ${arn} is ${status}: ${statusReason ?? 'no reason given'}`);
    if (api.now() - started > LONGEST_WAIT)
      throw new Error(`destination ${arn} was still IN_PROGRESS after 13 minutes`);
    await api.wait(INTERVAL);
  }
}
