import type { RecordedAnswer } from '../../contracts/commands/lifecycle.ts';
import type { CommandRecord } from '../shared/command-record.ts';

/** A command as the API shows it. Times are RFC 3339. */
export interface CommandView {
  readonly id: string;
  readonly thing: string;
  readonly command: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly state: string;
  readonly createdAt: string;
  readonly stateSince: string;
  readonly deadline: string;
  readonly attempts: number;
  readonly result?: unknown;
  readonly reason?: unknown;
  readonly lateAnswers?: readonly unknown[];
  readonly lateAnswerCount?: number;
}

export function commandView(record: CommandRecord): CommandView {
  const { state, since, deadline, attempts, answer, lateAnswers, lateAnswerCount } = record.lifecycle;
  return {
    id: record.commandId,
    thing: record.thing,
    command: record.command,
    arguments: record.arguments,
    state,
    createdAt: time(record.createdAt),
    stateSince: time(since),
    deadline: time(deadline),
    attempts,
    ...(answer?.result && { result: answer.result }),
    ...(answer?.reason && { reason: answer.reason }),
    ...(lateAnswerCount > 0 && { lateAnswers: lateAnswers.map(lateAnswerView), lateAnswerCount }),
  };
}

function lateAnswerView({ status, result, reason, receivedAt }: RecordedAnswer) {
  return { status, result, reason, receivedAt: time(receivedAt) };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
