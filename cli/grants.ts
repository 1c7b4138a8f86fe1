import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';

import { DEFAULT_ACCOUNT } from '../twin/account.ts';
import { SystemClock } from '../twin/clock.ts';
import { Iam } from '../twin/iam/iam.ts';
import type { Grant } from '../twin/iam/grants.ts';
import { openStore } from '../twin/state/store.ts';

/** Roles in the order of their names; of each, what was never used comes first, since that is what can go. */
export function renderGrants(grants: readonly Grant[]): string {
  const roles = [...new Set(grants.map(({ role }) => role))].sort();
  return roles
    .map((role) => {
      const own = grants.filter((grant) => grant.role === role).sort((a, b) => Number(a.used) - Number(b.used));
      const lines = own.map(
        ({ action, used, policy, resources }) =>
          `  ${used ? 'used      ' : 'never used'}  ${action}  on ${resources.join(', ')}  (${policy})`,
      );
      return [role, ...lines].join('\n');
    })
    .join('\n\n');
}

/** `iov grants`: which of each role's grants a run has needed. */
export function grantsCommand(): Command {
  return new Command('grants')
    .description("list each role's grants as used or never used since the state began")
    .option('--state <folder>', 'the state folder of the twin', '.iov')
    .option('--unused', 'only those never used', false)
    .option('--json', 'one JSON document a line', false)
    .action(({ state, unused, json }: { state: string; unused: boolean; json: boolean }) => {
      const file = join(state, 'state.db');
      if (!existsSync(file)) throw new Error(`There is no ${file}: nothing has run on ${state} yet.`);
      const store = openStore(file);
      const grants = new Iam({ store, account: DEFAULT_ACCOUNT, clock: new SystemClock() })
        .grantsReport()
        .filter(({ used }) => !unused || !used);
      store.close();
      console.log(json ? grants.map((grant) => JSON.stringify(grant)).join('\n') : renderGrants(grants));
    });
}
