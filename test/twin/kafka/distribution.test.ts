import { createHash } from 'node:crypto';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

import { ensureJars, projectObjectModel, verifyJars } from '../../../twin/kafka/distribution.ts';
import { cacheFolder } from '../../../twin/kafka/kafka-home.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const EXPECTED = { 'a.jar': sha256('a'), 'b.jar': sha256('b') };
const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'iov-jars-'));

const fetching =
  (content: Record<string, string>) =>
  async (folder: string): Promise<void> => {
    for (const [name, text] of Object.entries(content)) await writeFile(join(folder, name), text);
  };

describe('the jars of Apache Kafka', () => {
  test('are fetched once, verified, and found again', async () => {
    const home = join(await temporaryFolder(), 'kafka');
    const progress: string[] = [];
    const options = {
      home,
      expected: EXPECTED,
      fetch: fetching({ 'a.jar': 'a', 'b.jar': 'b' }),
      progress: (text: string) => progress.push(text),
    };
    const jars = await ensureJars(options);
    expect((await readdir(jars)).sort()).toEqual(['a.jar', 'b.jar']);
    expect(progress).toHaveLength(2);
    const again = await ensureJars({ ...options, fetch: () => Promise.reject(new Error('fetched twice')) });
    expect(again).toBe(jars);
  });

  test.each([
    ['one whose content differs', { 'a.jar': 'a', 'b.jar': 'tampered' }, /b\.jar has SHA-256/],
    ['a missing one', { 'a.jar': 'a' }, /b\.jar is missing/],
    ['one that is not pinned', { 'a.jar': 'a', 'b.jar': 'b', 'evil.jar': 'x' }, /evil\.jar is not expected/],
  ])('are refused with %s, and nothing of them stays', async (_, content, message) => {
    const home = await temporaryFolder();
    await expect(ensureJars({ home, expected: EXPECTED, fetch: fetching(content) })).rejects.toMatchObject({
      code: 'IOV_KAFKA_CHECKSUM',
      message: expect.stringMatching(message),
    });
    expect(await readdir(home)).toEqual([]);
  });

  test('are left whole by a fetch that fails half-way', async () => {
    const home = await temporaryFolder();
    const fetch = async (folder: string): Promise<void> => {
      await writeFile(join(folder, 'a.jar'), 'a');
      throw new Error('network');
    };
    await expect(ensureJars({ home, expected: EXPECTED, fetch })).rejects.toThrow('network');
    expect(await readdir(home)).toEqual([]);
  });

  test('verify by content, not by name alone', async () => {
    const folder = await temporaryFolder();
    await fetching({ 'a.jar': 'a', 'b.jar': 'b' })(folder);
    await expect(verifyJars(folder, EXPECTED)).resolves.toBeUndefined();
  });

  test('come from one pinned version', () => {
    expect(projectObjectModel()).toContain('<artifactId>kafka_2.13</artifactId><version>4.2.0</version>');
  });
});

test.each([
  [{ IOV_CACHE: '/c' }, '/c'],
  [{ XDG_CACHE_HOME: '/x' }, '/x/iov'],
  [{ IOV_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
])('the cache folder follows the environment %j', (environment, folder) => {
  expect(cacheFolder(environment)).toBe(folder);
});
