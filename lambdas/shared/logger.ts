import { Logger } from '@aws-lambda-powertools/logger';

/** Structured logs; service name and level come from the environment that the stack gives each function. */
export const logger = new Logger();
