type Close = () => Promise<unknown> | unknown;

/**
 * Closes what was opened, newest first and once: at Ctrl-C, when the terminal goes away, or when the returned function
 * is called. A signal ends the process afterwards.
 *
 * @param closers filled while things are opened
 */
export function stopper(closers: Close[], say: (line: string) => void): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      for (let close = closers.pop(); close; close = closers.pop()) await close();
    })());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      say('\nStopping …');
      stop().then(
        () => process.exit(0),
        (error: Error) => {
          process.stderr.write(`Stopping failed: ${error.message}\n`);
          process.exit(1);
        },
      );
    });
  }
  return stop;
}
