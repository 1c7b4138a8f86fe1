import { EvaluationFailure } from '../errors.ts';

/** Eight times the largest message: beyond it no action could take the result, and a short statement could fill the memory. */
export const MAX_TEXT_LENGTH = 1_048_576;

/** `text`, or a failure where it has outgrown what any action takes. */
export function boundedText(text: string): string {
  requireTextLength(text.length);
  return text;
}

export function requireTextLength(length: number): void {
  if (length > MAX_TEXT_LENGTH) {
    throw new EvaluationFailure(`a string of ${length} characters is over the limit of ${MAX_TEXT_LENGTH}`);
  }
}
