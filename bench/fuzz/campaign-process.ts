/** A child process in which a target's cases run: one that hangs or eats the memory can be ended from outside. */
import { runCampaign, type Campaign } from './campaign.ts';
import { FUZZ_TARGETS } from './targets/index.ts';

export interface CampaignRequest {
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

export type FromCampaign = { readonly at: number } | { readonly campaign: Campaign };

const tell = (message: FromCampaign): void => void process.send!(message);
const TELL_EVERY = 200;

process.once('message', ({ target: name, seed, from, to }: CampaignRequest) => {
  const target = FUZZ_TARGETS.find((each) => each.name === name)!;
  let current = from;
  const notCaught = (error: unknown): void => {
    const reason = `not caught anywhere: ${error instanceof Error ? error.stack : String(error)}`;
    tell({
      campaign: { cases: current - from, slowestMs: 0, findings: [{ target: name, seed, number: current, reason }] },
    });
    process.exit(1);
  };
  process.on('uncaughtException', notCaught).on('unhandledRejection', notCaught);
  const onCase = (number: number): void => {
    current = number;
    if (number % TELL_EVERY === 0) tell({ at: number });
  };
  void runCampaign({ target, seed, from, to, onCase }).then((campaign) => {
    tell({ campaign });
    process.disconnect();
  });
});
