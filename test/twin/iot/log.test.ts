import { beforeEach, describe, expect, test } from '@jest/globals';

import { DEFAULT_ACCOUNT } from '../../../twin/account.ts';
import { ManualClock } from '../../../twin/clock.ts';
import { IotLog, type IotLogEntry } from '../../../twin/iot/log.ts';
import { Registry } from '../../../twin/iot/registry/registry.ts';
import { openStore } from '../../../twin/state/store.ts';

const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

describe('the log of AWS IoT', () => {
  let registry: Registry;
  let log: IotLog;
  let written: object[];
  let sent: unknown[][];

  beforeEach(() => {
    const clock = new ManualClock();
    registry = new Registry(openStore(':memory:'), DEFAULT_ACCOUNT, clock);
    written = [];
    sent = [];
    log = new IotLog({ record: (_time, entry) => void written.push(entry) }, registry, clock, {
      write: (...all) => void sent.push(all),
    });
  });

  /** The levels at which an entry about this subject is written. */
  function levelsFor(subject: Partial<IotLogEntry> = {}): string[] {
    return LEVELS.filter((logLevel) => {
      written = [];
      if (log.enabled(logLevel)) log.write({ eventType: 'Connect', ...subject, logLevel });
      return written.length > 0;
    });
  }

  test('takes the default level of the account, as soon as it changes', () => {
    expect(levelsFor()).toEqual(['ERROR']);
    registry.settings.setLoggingOptions({ defaultLogLevel: 'INFO' });
    expect(levelsFor()).toEqual(['INFO', 'WARN', 'ERROR']);
  });

  test.each(['CLIENT_ID', 'PRINCIPAL_ID', 'SOURCE_IP'] as const)('takes the level of one %s for it alone', (target) => {
    const member = { CLIENT_ID: 'clientId', PRINCIPAL_ID: 'principalId', SOURCE_IP: 'sourceIp' }[target];
    registry.settings.setLogLevel(target, 'the-one', 'DEBUG');
    expect(levelsFor({ [member]: 'the-one' })).toEqual([...LEVELS]);
    expect(levelsFor({ [member]: 'another' })).toEqual(['ERROR']);
    registry.settings.deleteLogLevel(target, 'the-one');
    expect(levelsFor({ [member]: 'the-one' })).toEqual(['ERROR']);
  });

  test('lets a resource be quieter than the default', () => {
    registry.settings.setLoggingOptions({ defaultLogLevel: 'DEBUG' });
    registry.settings.setLogLevel('CLIENT_ID', 'chatterbox', 'WARN');
    expect(levelsFor({ clientId: 'chatterbox' })).toEqual(['WARN', 'ERROR']);
  });

  test('takes the most verbose of the levels that are set for a resource', () => {
    registry.settings.setLogLevel('CLIENT_ID', 'car', 'WARN');
    registry.settings.setLogLevel('SOURCE_IP', '127.0.0.1', 'INFO');
    expect(levelsFor({ clientId: 'car', sourceIp: '127.0.0.1' })).toEqual(['INFO', 'WARN', 'ERROR']);
  });

  test("takes the level of a thing's group, or of the nearest group above it", () => {
    registry.thingGroups.create('fleet');
    registry.thingGroups.create('test-cars', 'fleet');
    registry.things.create({ thingName: 'car' });
    registry.addThingToGroup('test-cars', 'car');
    registry.settings.setLogLevel('THING_GROUP', 'fleet', 'WARN');
    expect(levelsFor({ clientId: 'car' })).toEqual(['WARN', 'ERROR']);
    registry.settings.setLogLevel('THING_GROUP', 'test-cars', 'DEBUG');
    expect(levelsFor({ clientId: 'car' })).toEqual([...LEVELS]);
    expect(levelsFor({ clientId: 'other' })).toEqual(['ERROR']);
  });

  test('takes the level of a type of event before the default, and after that of a resource', () => {
    registry.settings.setLoggingOptions({
      defaultLogLevel: 'WARN',
      eventConfigurations: [{ eventType: 'Connect', logLevel: 'INFO' }],
    });
    expect(levelsFor({ eventType: 'Connect' })).toEqual(['INFO', 'WARN', 'ERROR']);
    expect(levelsFor({ eventType: 'Publish-In' })).toEqual(['WARN', 'ERROR']);
    registry.settings.setLogLevel('CLIENT_ID', 'quiet', 'ERROR');
    expect(levelsFor({ eventType: 'Connect', clientId: 'quiet' })).toEqual(['ERROR']);
  });

  test('sends a type of event to its own log group as well', () => {
    registry.settings.setLoggingOptions({
      defaultLogLevel: 'WARN',
      eventConfigurations: [{ eventType: 'Connect', logLevel: 'INFO', logDestination: '/iot/connects' }],
    });
    log.write({ logLevel: 'INFO', eventType: 'Connect', clientId: 'car' });
    log.write({ logLevel: 'WARN', eventType: 'Publish-In', clientId: 'car' });
    expect(sent).toEqual([['/iot/connects', 'iot', expect.stringContaining('"clientId":"car"'), expect.any(Number)]]);
    expect(written).toHaveLength(2);
  });

  test.each([{ disableAllLogs: true }, { defaultLogLevel: 'DISABLED' as const }])(
    'keeps errors in its file even with %j',
    (options) => {
      registry.settings.setLoggingOptions(options);
      expect(levelsFor()).toEqual(['ERROR']);
    },
  );

  test('says in one comparison that nobody wants a level', () => {
    expect(log.enabled('INFO')).toBe(false);
    registry.settings.setLogLevel('CLIENT_ID', 'x', 'INFO');
    expect(log.enabled('INFO')).toBe(true);
    expect(log.enabled('DEBUG')).toBe(false);
  });
});
