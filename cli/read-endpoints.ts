import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Endpoints } from './endpoints-file.ts';

/** The endpoints of the twin that runs on a state folder. @throws Error when none runs */
export function readEndpoints(stateFolder: string): Endpoints {
  const file = join(stateFolder, 'endpoints.json');
  if (!existsSync(file))
    throw new Error(`There is no ${file}: no twin runs on ${stateFolder}. Start one with \`npm start\`.`);
  return JSON.parse(readFileSync(file, 'utf8')) as Endpoints;
}
