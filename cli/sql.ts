import { readFile } from 'node:fs/promises';

import { Command, InvalidArgumentError } from 'commander';

import {
  DEFAULT_SQL_VERSION,
  parseJsonValue,
  SQL_VERSIONS,
  SqlSyntaxError,
  type SqlVersion,
} from '../twin/iot/sql/index.ts';
import { answerJsonLines } from './json-lines.ts';
import { answerSqlQuestion } from './sql-json-lines.ts';
import { report } from './sql-report.ts';

interface SqlOptions {
  readonly topic?: string;
  readonly payload?: string;
  readonly payloadFile?: string;
  readonly payloadBase64?: string;
  readonly clientId?: string;
  readonly principal?: string;
  readonly sourceIp?: string;
  readonly protocol: 'mqtt' | 'http';
  readonly sqlVersion: SqlVersion;
  readonly json?: boolean;
}

/** `iov sql`: what an IoT rule's statement makes of a message, and why it does not fire. */
export function sqlCommand(): Command {
  return new Command('sql')
    .description('evaluate an IoT SQL statement against a message, and explain why its WHERE was not true')
    .argument('[statement]', 'the statement of a rule')
    .option('--topic <topic>', 'topic of the message; under $aws/rules/<rule>/ it is Basic Ingest')
    .option('--payload <json>', 'payload as text')
    .option('--payload-file <file>', 'payload from a file')
    .option('--payload-base64 <base64>', 'payload as bytes in base64')
    .option('--client-id <id>', 'MQTT client id of the sender')
    .option('--principal <id>', 'principal of the sender, such as a certificate id')
    .option('--source-ip <address>', 'IP address of the sender')
    .option('--protocol <protocol>', 'mqtt or http', oneOf('mqtt', 'http'), 'mqtt')
    .option('--sql-version <version>', SQL_VERSIONS.join(', '), oneOf(...SQL_VERSIONS), DEFAULT_SQL_VERSION)
    .option('--json', 'read JSON Lines on standard input and answer each with a line')
    .action(async (statement: string | undefined, options: SqlOptions, command: Command) => {
      if (options.json) return answerJsonLines(process.stdin, process.stdout, answerSqlQuestion, parseJsonValue);
      if (statement === undefined)
        command.error('error: name a statement, or --json to read questions from standard input');
      if (options.topic === undefined) command.error('error: name the topic of the message with --topic');
      await explainOne(statement, options.topic, options);
    });
}

async function explainOne(statement: string, topic: string, options: SqlOptions): Promise<void> {
  const { protocol, clientId, principal, sourceIp } = options;
  try {
    const payload = await payloadOf(options);
    const text = await report(statement, options.sqlVersion, {
      topic,
      payload,
      protocol,
      clientId,
      principal,
      sourceIp,
    });
    process.stdout.write(`${text}\n`);
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    process.stderr.write(`${pointAt(statement, error)}\n`);
    process.exitCode = 1;
  }
}

async function payloadOf({ payload, payloadFile, payloadBase64 }: SqlOptions): Promise<Buffer> {
  const given = [payload, payloadFile, payloadBase64].filter((option) => option !== undefined);
  if (given.length > 1) throw new InvalidArgumentError('give one of --payload, --payload-file and --payload-base64');
  if (payloadFile !== undefined) return readFile(payloadFile);
  return payloadBase64 === undefined ? Buffer.from(payload ?? '') : Buffer.from(payloadBase64, 'base64');
}

/** The message, the line it speaks of, and a caret under the place. */
function pointAt(statement: string, error: SqlSyntaxError): string {
  const line = statement.split('\n')[error.line - 1] ?? '';
  return `${error.message}\n  ${line}\n  ${' '.repeat(error.column - 1)}^`;
}

function oneOf<T extends string>(...allowed: readonly T[]): (given: string) => T {
  return (given) => {
    const found = allowed.find((candidate) => candidate === given);
    if (found === undefined) throw new InvalidArgumentError(`It is none of ${allowed.join(', ')}.`);
    return found;
  };
}
