import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { CommandAnswer } from '../../contracts/commands/wire.ts';
import { CommandExecutor, CommandRefused, type CommandHandler } from '../../fleet/command-executor.ts';
import { FileJournal } from '../../fleet/execution-journal.ts';

describe("a vehicle's command executor", () => {
  let folder: string;
  let file: string;
  let now: number;
  let answers: [string, CommandAnswer][];
  let honks: number;

  function executor(handlers: Record<string, CommandHandler> = {}): CommandExecutor {
    return new CommandExecutor({
      journal: new FileJournal(file, () => now),
      now: () => now,
      handlers: { 'horn.honk': () => (honks++, {}), ...handlers },
      answer: (id, answer) => answers.push([id, answer]),
    });
  }

  const request = (members: object = {}): Buffer =>
    Buffer.from(JSON.stringify({ id: 'c1', command: 'horn.honk', arguments: {}, deadline: 2_000, ...members }));
  const statuses = () =>
    answers.map(([id, { status, reason }]) => [id, status, reason?.code].filter(Boolean).join(' '));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'iov-commands-'));
    file = join(folder, 'commands.jsonl');
    now = 1_000;
    answers = [];
    honks = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('accepts, executes and reports the result', async () => {
    await executor().receive('c1', request());
    expect(answers).toEqual([
      ['c1', { status: 'ACCEPTED', at: 1_000 }],
      ['c1', { status: 'SUCCEEDED', result: {}, at: 1_000 }],
    ]);
    expect(honks).toBe(1);
  });

  test('executes a repeated command once and repeats its answer, also after a restart', async () => {
    const first = executor();
    await Promise.all([first.receive('c1', request()), first.receive('c1', request())]);
    await executor().receive('c1', request());
    expect(honks).toBe(1);
    expect(statuses()).toEqual(['c1 ACCEPTED', 'c1 SUCCEEDED', 'c1 SUCCEEDED']);
  });

  test('after a power cut says that the running command may have been executed, and does not run it again', async () => {
    const cut = executor({ 'horn.honk': () => new Promise(() => honks++) });
    void cut.receive('c1', request());
    const journal = new FileJournal(file, () => now);
    const restarted = executor();
    restarted.recover(journal.interrupted());
    await restarted.receive('c1', request());
    expect(statuses()).toEqual(['c1 ACCEPTED', 'c1 FAILED interrupted', 'c1 FAILED interrupted']);
    expect(honks).toBe(1);
  });

  test.each([
    ['a passed deadline', request({ deadline: 1_000 }), 'deadline-passed'],
    ['an unknown command', request({ command: 'engine.explode' }), 'unknown-command'],
    ['an inherited name', request({ command: 'constructor' }), 'unknown-command'],
    ['wrong arguments', request({ arguments: { times: 99 } }), 'invalid-arguments'],
    ['an id that is not that of the topic', request({ id: 'other' }), 'invalid-arguments'],
    ['a message without a deadline', request({ deadline: undefined }), 'invalid-arguments'],
    ['a message that is not JSON', Buffer.from([0xff, 0x00]), 'invalid-arguments'],
  ])('rejects %s and executes nothing', async (_what, payload, code) => {
    await executor().receive('c1', payload);
    expect(statuses()).toEqual([`c1 REJECTED ${code}`]);
    expect(honks).toBe(0);
  });

  test.each<[string, CommandHandler, string]>([
    [
      'that the vehicle will not do now',
      () => {
        throw new CommandRefused('not-now', 'it moves');
      },
      'c1 REJECTED not-now',
    ],
    [
      'that breaks',
      () => {
        throw new Error('fuse');
      },
      'c1 FAILED error',
    ],
  ])('reports a command %s', async (_what, handler, last) => {
    await executor({ 'horn.honk': handler }).receive('c1', request());
    expect(statuses()).toEqual(['c1 ACCEPTED', last]);
  });

  test('reads a journal whose last line was cut off, and keeps it from other users', async () => {
    await executor().receive('c1', request());
    appendFileSync(file, '{"id":"c2","dead');
    expect(new FileJournal(file, () => now).find('c1')?.answer?.status).toBe('SUCCEEDED');
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  test('forgets commands a day after their deadline when the journal grows', () => {
    const journal = new FileJournal(file, () => now);
    journal.record({ id: 'old', deadline: 0, answer: { status: 'SUCCEEDED' } });
    now = 90_000_000;
    for (let index = 0; index < 1_001; index++)
      journal.record({ id: `c${index}`, deadline: now, answer: { status: 'SUCCEEDED' } });
    expect(journal.find('old')).toBeUndefined();
    expect(journal.find('c0')).toBeDefined();
    expect(readFileSync(file, 'utf8')).not.toContain('"old"');
  });
});
