import { resolve } from 'node:path';

import { renderClassification } from '../twin/cloudformation/classification.ts';
import { startTwin, type Twin } from '../twin/start.ts';
import { expectFree, portsFrom, USUAL_PORTS, type Ports } from './ports.ts';
import { endLeftovers, lockStateFolder, setAside } from './state-folder.ts';
import { stopper } from './stopper.ts';
import type { TwinCommandOptions } from './twin-options.ts';

export interface RunningTwin {
  readonly twin: Twin;
  readonly ports: Ports;
  readonly stateFolder: string;
  /** Closed before the twin, newest first, when the run ends. */
  onStop(close: () => Promise<unknown> | unknown): void;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Starts a twin as the common options say, and then what the command adds. A failure of either stops everything that
 * was started; so does Ctrl-C, at any time.
 *
 * @param assembly told the state folder; may synthesize while the twin's own services start
 * @throws IovError
 */
export async function runTwin(
  options: TwinCommandOptions,
  what: { assembly(stateFolder: string): Promise<string> | string; select?: readonly string[] },
  andThen: (running: RunningTwin) => Promise<void>,
): Promise<void> {
  const stateFolder = resolve(options.state);
  const closers: (() => Promise<unknown> | unknown)[] = [lockStateFolder(stateFolder)];
  const stop = stopper(closers, say);
  try {
    await endLeftovers(stateFolder);
    const aside = options.fresh ? setAside(stateFolder) : undefined;
    if (aside) say(`The earlier state is in ${aside}.`);
    const ports = options.portsFrom === undefined ? USUAL_PORTS : portsFrom(options.portsFrom);
    const { kafka: _kafka, kafkaScram: _scram, kafkaController: _controller, ...withoutKafka } = ports;
    await expectFree(options.kafka === undefined ? ports : withoutKafka);
    const cancel = new AbortController();
    const starting = startTwin({
      signal: cancel.signal,
      assembly: what.assembly(stateFolder),
      select: what.select,
      ...{ stateFolder, ports, kafka: options.kafka, quotas: options.quotas, strict: options.strict },
      progress: say,
      onClassified: (table) => say(renderClassification(table)),
      onResource: ({ action, type, logicalId, stackName, done, total }) => {
        if (options.verbose) say(`  ${stackName} ${logicalId} (${type}): ${action}`);
        else if (done !== undefined && done === total) say(`  ${stackName}: ${total} resources`);
      },
    });
    // Ctrl-C may come while Kafka is still starting: whatever has been started by then is stopped.
    closers.push(async () => {
      cancel.abort();
      await starting.then(
        (twin) => twin.stop(),
        () => undefined,
      );
    });
    const twin = await starting;
    await andThen({ twin, ports, stateFolder, onStop: (close) => void closers.push(close) });
  } catch (error) {
    await stop();
    throw error;
  }
}
