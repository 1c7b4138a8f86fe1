/** A statement or template that is not IoT SQL. `line` and `column` count from 1 and point at what could not be read. */
export class SqlSyntaxError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, source: string, offset: number) {
    const { line, column } = positionOf(source, offset);
    super(`${message} (line ${line}, column ${column})`);
    this.name = 'SqlSyntaxError';
    this.line = line;
    this.column = column;
  }
}

function positionOf(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/**
 * An evaluation that cannot go on: an external function failed, or a limit of the rules engine was passed. The rule ends
 * and no action runs (Developer Guide, "get_or_default"); only `get_or_default()` turns it back into a value.
 */
export class EvaluationFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EvaluationFailure';
  }
}
