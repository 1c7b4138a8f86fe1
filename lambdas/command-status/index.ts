import { DynamoCommandLedger } from '../shared/command-ledger.ts';
import { countOutcome } from '../shared/command-outcome.ts';
import { dynamo } from '../shared/dynamodb.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { record, type StatusReport } from './record.ts';

const ledger = new DynamoCommandLedger(dynamo, environment('COMMANDS_TABLE'));

/** Invoked by the rule `command_status`; an error makes Lambda repeat the event, and then keep it in the dead-letter queue. */
export async function handler(report: StatusReport): Promise<void> {
  const { thing, commandId } = report;
  const { outcome, detail } = await record(report, ledger, Date.now());
  if (outcome === 'heartbeat') return;
  if (outcome === 'recorded' && report.status && report.status !== 'ACCEPTED') countOutcome(report.status);
  logger[outcome === 'recorded' || outcome === 'repeated' ? 'info' : 'warn']('answer of a vehicle', {
    thing,
    commandId,
    status: report.status,
    outcome,
    detail,
  });
}
