import { describe, expect, test } from '@jest/globals';

import { DEFAULT_PORTS, loggingProperties, serverProperties } from '../../../twin/kafka/configuration.ts';
import { parseJavaVersion } from '../../../twin/kafka/java.ts';
import { dockerLaunch, javaLaunch } from '../../../twin/kafka/launch.ts';
import { scramUpsertion } from '../../../twin/kafka/scram.ts';
import { pbkdf2Sync } from 'node:crypto';

const NODE = { logFolder: '/d/data', host: '127.0.0.1', ports: DEFAULT_PORTS, keystoreFile: '/d/keystore.pem' };

describe("a node's configuration", () => {
  const properties = serverProperties(NODE).split('\n');

  test('offers MSK’s SCRAM port and a plaintext one, on loopback only', () => {
    expect(properties).toContain(
      'listeners=PLAINTEXT://127.0.0.1:9092,SASL_SSL://127.0.0.1:9096,CONTROLLER://127.0.0.1:9093',
    );
    expect(properties).toContain('sasl.enabled.mechanisms=SCRAM-SHA-512');
  });

  test('does not create topics that nobody declared', () => {
    expect(properties).toContain('auto.create.topics.enable=false');
  });

  test('binds to every address inside a container, and advertises loopback', () => {
    const inside = serverProperties({ ...NODE, bindAddress: '0.0.0.0' });
    expect(inside).toContain('listeners=PLAINTEXT://0.0.0.0:9092,SASL_SSL://0.0.0.0:9096');
    expect(inside).toContain('advertised.listeners=PLAINTEXT://127.0.0.1:9092,SASL_SSL://127.0.0.1:9096');
  });

  test('escapes what Java would read as an escape', () => {
    expect(serverProperties({ ...NODE, logFolder: 'C:\\data' })).toContain('log.dirs=C:\\\\data\n');
    expect(loggingProperties('/d/kafka.log')).toContain('fileName = /d/kafka.log\n');
  });
});

test.each([
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime', 17],
  ['openjdk version "25" 2025-09-16', 25],
  ['java version "1.8.0_392"', 8],
])('%j is Java %i', (output, major) => {
  expect(parseJavaVersion('java', output)?.majorVersion).toBe(major);
});

test('what is not Java has no version', () => {
  expect(
    parseJavaVersion('java', 'The operation couldn’t be completed. Unable to locate a Java Runtime.'),
  ).toBeUndefined();
});

describe('a launch', () => {
  const files = {
    folder: '/state/kafka',
    properties: '/state/kafka/server.properties',
    logging: '/state/kafka/log4j2.properties',
  };

  test('in a JVM serves the given properties and writes the class-data archive the first time', async () => {
    const launch = await javaLaunch(
      { command: 'java', majorVersion: 17, build: 'b' },
      ['/j/a.jar', '/j/b.jar'],
      '/no/cache',
      files,
    );
    expect(launch.serve.args).toEqual(
      expect.arrayContaining(['-cp', '/j/a.jar:/j/b.jar', 'kafka.Kafka', files.properties]),
    );
    expect(launch.serve.args.some((arg) => arg.startsWith('-XX:ArchiveClassesAtExit=/no/cache/classes-'))).toBe(true);
    expect(launch.serve.args.join(' ')).toContain(launch.signature);
  });

  test('under Docker publishes its ports on loopback and maps the folder', () => {
    const launch = dockerLaunch(files, [9092, 9096], '1000:1000');
    const args = launch.serve.args.join(' ');
    expect(args).toContain('-p 127.0.0.1:9092:9092 -p 127.0.0.1:9096:9096 --user 1000:1000 -v /state/kafka:/iov');
    expect(args).toContain('apache/kafka:4.2.0');
    expect(launch.pathInside('/state/kafka/keystore.pem')).toBe('/iov/keystore.pem');
    expect(launch.kill?.args).toEqual(['kill', launch.signature]);
  });
});

test('a SCRAM user is stored as a salted hash of the password', async () => {
  const user = await scramUpsertion('iot', 'secret');
  expect(user.iterations).toBeGreaterThanOrEqual(4096);
  expect(user.saltedPassword).toEqual(pbkdf2Sync('secret', user.salt, user.iterations, 64, 'sha512'));
});
