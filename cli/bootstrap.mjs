// Runs on the host's Node (20 or newer), installs what is missing, then hands over to the pinned Node 24.
// Nothing here may need a package: there may be none yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.iov-installed');
const lockHash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const pinnedNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(
    `Node ${process.versions.node} is too old. Install Node 20 or newer (https://nodejs.org) and run the same command again.`,
  );
}

const installed = existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash && existsSync(pinnedNode);
if (!installed) {
  // `npm ci` empties the folder first: through a link it would empty another checkout's.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    fail(
      'node_modules is a link to another folder and does not fit package-lock.json. Remove the link and run the same command again.',
    );
  }
  process.stderr.write('Installing npm packages (once for each version of package-lock.json) …\n');
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (install.status !== 0) {
    fail(
      'npm could not install the packages. Read its message above; check the network and the registry in `npm config get registry`, then run the same command again.',
    );
  }
  if (!existsSync(pinnedNode)) {
    fail(
      'npm did not install the pinned Node (package `node`): its install script may be blocked. Run `npm ci --foreground-scripts` and read what it says.',
    );
  }
  writeFileSync(stamp, lockHash);
}

const child = spawn(pinnedNode, process.argv.slice(2), {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
});
// The child gets the terminal's Ctrl-C itself; this process only waits for it to finish its work.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
