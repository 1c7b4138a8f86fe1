import { AwsError } from '../../endpoint/service.ts';

/** Whether a message fits. */
export type LogFilter = (message: string) => boolean;

/** Regular expressions of filters have no groups, so that none of them backtracks without bound. */
export function compileExpression(source: string): LogFilter {
  if (/[()]/.test(source.replace(/\\./g, ''))) throw invalidPattern('regular expressions have no groups here');
  try {
    const expression = new RegExp(source);
    return (message) => expression.test(message);
  } catch {
    throw invalidPattern('its regular expression cannot be read');
  }
}

export function invalidPattern(reason: string): AwsError {
  return new AwsError('InvalidParameterException', `Invalid filter pattern: ${reason}.`);
}
