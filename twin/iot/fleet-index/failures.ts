import { AwsError } from '../../endpoint/service.ts';

/** A query string that is not of the query language. */
export function invalidQuery(message: string): AwsError {
  return new AwsError('InvalidQueryException', message, 400);
}

export function invalidAggregation(message: string): AwsError {
  return new AwsError('InvalidAggregationException', message, 400);
}

/** The index, or the part of it that is asked for, is switched off. */
export function indexNotReady(message: string): AwsError {
  return new AwsError('IndexNotReadyException', message, 400);
}
