/**
 * `npm test`: every test, with real Kafka where a test wants it. Arguments go to Jest (`npm test -- test/twin/clock`).
 * The last line counts the tests in a form that any CI can read.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

const folder = mkdtempSync(join(tmpdir(), 'iov-test-report-'));
const report = join(folder, 'report.json');
const jest = join(dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin', 'jest.js');
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--json',
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ],
  // Jest prints its progress on standard error; its JSON on standard output would drown the closing line.
  { stdio: ['inherit', 'ignore', 'inherit'] },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
    // A file that could not be loaded has no failed test of its own, but it is a failure.
    const failed = counts.numFailedTests + counts.numRuntimeErrorTestSuites;
    const skipped = counts.numPendingTests > 0 ? `, ${counts.numPendingTests} skipped` : '';
    console.log(`${counts.numPassedTests} passed, ${failed} failed${skipped}`);
  } catch {
    console.error('Jest ended without a report; read its message above.');
    process.exitCode = 1;
  }
  rmSync(folder, { recursive: true, force: true });
  process.exitCode ||= code ?? 1;
});
