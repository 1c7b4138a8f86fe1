import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Every child that this run has started and not yet seen end: stopped whatever happens to the run itself. */
const running = new Set<ChildProcess>();

export function remember<C extends ChildProcess>(child: C): C {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Ends a child and waits for its end; by force after ten seconds. */
export function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** Ends what is left, the latest first. */
export async function stopChildren(): Promise<void> {
  for (const child of [...running].reverse()) await stopChild(child);
}

/** Runs a module of this folder as a process of its own that talks to this one by messages. */
export function forkModule(path: string, execArgv: readonly string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(path, import.meta.url));
  return remember(fork(file, [], { execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
}

/** The next message of a child. @throws Error when it ends without one */
export function nextMessage<T>(child: ChildProcess, isWanted: (message: T) => boolean = () => true): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      if (!isWanted(message as T)) return;
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(message as T);
    };
    const onExit = (code: number | null): void =>
      reject(new Error(`${child.spawnargs[1] ?? 'a child'} ended (exit code ${code}) before it answered`));
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}
