/** The `iov` command. Each subcommand is loaded when it is called, so that small ones stay quick. */
import { readFileSync } from 'node:fs';

import { Command } from 'commander';

import { IovError } from '../twin/errors.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).startCommand(),
  synth: async () => (await import('./synth.ts')).synthCommand(),
  deploy: async () => (await import('./deploy.ts')).deployCommand(),
  twin: async () => (await import('./twin.ts')).twinCommand(),
  endpoints: async () => (await import('./endpoints.ts')).endpointsCommand(),
  provision: async () => (await import('./provision.ts')).provisionCommand(),
  grants: async () => (await import('./grants.ts')).grantsCommand(),
  apis: async () => (await import('./apis.ts')).apisCommand(),
  sql: async () => (await import('./sql.ts')).sqlCommand(),
  policy: async () => (await import('./policy.ts')).policyCommand(),
};

// A reader that has gone (`| head`, a closed terminal) must not keep a run from stopping what it started.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const program = new Command('iov')
  .description(
    'The Internet-of-Vehicles backbone: synthesize it, deploy it, run it on this machine, and ask it questions',
  )
  .version(version)
  .showHelpAfterError();

const asked = process.argv.slice(2).find((argument) => Object.hasOwn(COMMANDS, argument));
for (const name of asked === undefined ? Object.keys(COMMANDS) : [asked]) program.addCommand(await COMMANDS[name]!());

try {
  await program.parseAsync();
} catch (error) {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0);
  if (error instanceof IovError) process.stderr.write(`\n${error.code}: ${error.message} ${error.advice}\n`);
  // The stack helps whoever works on the project; everybody else needs the message.
  else process.stderr.write(`\n${process.env['IOV_DEBUG'] ? (error as Error).stack : (error as Error).message}\n`);
  process.exit(1);
}
