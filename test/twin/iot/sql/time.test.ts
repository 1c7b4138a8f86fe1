import { describe, expect, test } from '@jest/globals';

import { valueOf } from './evaluation.ts';

/** 2026-03-05T14:07:09.042Z, a Thursday. */
const INSTANT = Date.UTC(2026, 2, 5, 14, 7, 9, 42);

describe("parse_time() formats by Joda-Time's patterns", () => {
  test.each<[string, string | undefined]>([
    ['yyyy-MM-dd', '2026-03-05'],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", '2026-03-05T14:07:09.042+0000'],
    ["yyyy-MM-dd'T'HH:mm:ssZZ", '2026-03-05T14:07:09+00:00'],
    ['yy', '26'],
    ['y', '2026'],
    ['yyyyyy', '002026'],
    ['YYYY', '2026'],
    ['C', '20'],
    ['G', 'AD'],
    ['M', '3'],
    ['MMM', 'Mar'],
    ['MMMM', 'March'],
    ['d', '5'],
    ['D', '64'],
    ['DDD', '064'],
    ['E', 'Thu'],
    ['EEEE', 'Thursday'],
    ['e', '4'],
    ['w', '10'],
    ['xxxx-ww', '2026-10'],
    ['H', '14'],
    ['k', '14'],
    ['h a', '2 PM'],
    ['K', '2'],
    ['m:s', '7:9'],
    ['S', '0'],
    ['SS', '04'],
    ['SSSSSS', '042000'],
    ['z', 'UTC'],
    ['zzzz', 'Coordinated Universal Time'],
    ['ZZZ', 'UTC'],
    ["'it''s' yyyy", "it's 2026"],
    ["''", "'"],
    ['yyyy/MM/dd/HH', '2026/03/05/14'],
    ['b', undefined],
    ["'open", undefined],
    ['', undefined],
  ])('%s is %s', async (pattern, expected) => {
    expect(await valueOf('parse_time(p, ts)', { payload: { p: pattern, ts: INSTANT } })).toBe(expected);
  });

  test.each<[string, string, string | undefined]>([
    ['America/Belize', 'yyyy-MM-dd HH:mm z ZZ', '2026-03-05 08:07 CST -06:00'],
    ['Europe/Berlin', 'HH:mm z Z', '15:07 CET +0100'],
    ['Asia/Kolkata', 'HH:mm z ZZ', '19:37 IST +05:30'],
    ['Asia/Tokyo', 'dd HH z zzzz', '05 23 JST Japan Standard Time'],
    ['America/Los_Angeles', 'h:mm a z', '6:07 AM PST'],
    ['Australia/Sydney', 'dd HH:mm z ZZZ', '06 01:07 AEDT Australia/Sydney'],
    ['+02:00', 'HH:mm ZZ', '16:07 +02:00'],
    ['-0330', 'HH:mm Z', '10:37 -0330'],
    ['GMT', 'HH z', '14 GMT'],
    ['Nowhere/City', 'HH', undefined],
    ['', 'HH', undefined],
  ])('in %s, %s is %s', async (zone, pattern, expected) => {
    expect(await valueOf('parse_time(p, ts, z)', { payload: { p: pattern, ts: INSTANT, z: zone } })).toBe(expected);
  });

  test.each<[string, unknown]>([
    ["parse_time('yyyy', '0')", '1970'],
    ["parse_time('yyyy', 0.9)", '1970'],
    ["parse_time('yyyy-MM-dd G', -100000000000000)", '-1199-02-15 BC'],
    ["parse_time('K k h H', 0)", '0 24 12 0'],
    ["parse_time('xxxx-ww-e', 1609459200000)", '2020-53-5'],
    ["parse_time('yyyy', 'soon')", undefined],
    ["parse_time('yyyy', 1E20)", undefined],
    ["parse_time('yyyy', missing)", undefined],
    ['parse_time(5, 0)', undefined],
    ["parse_time('yyyy', 0, 5)", undefined],
    ["parse_time('yyyy', 0, missing)", undefined],
    ["parse_time('yyyy')", undefined],
  ])('%s is %j', async (expression, expected) => {
    expect(await valueOf(expression)).toBe(expected);
  });
});

describe("time_to_epoch() reads java.time's patterns", () => {
  test.each<[string, string, string | undefined]>([
    ['2020-04-03T09:45:18Z', "yyyy-MM-dd'T'HH:mm:ssX", '2020-04-03T09:45:18.000Z'],
    ['2020-04-03T09:45:18+0130', "yyyy-MM-dd'T'HH:mm:ssXX", '2020-04-03T08:15:18.000Z'],
    ['2020-04-03T09:45:18-05:00', "yyyy-MM-dd'T'HH:mm:ssXXX", '2020-04-03T14:45:18.000Z'],
    ['2020-04-03T09:45:18Z', "yyyy-MM-dd'T'HH:mm:ssx", undefined],
    ['2020-04-03T09:45:18+01', "yyyy-MM-dd'T'HH:mm:ssx", '2020-04-03T08:45:18.000Z'],
    ['2020-04-03 +0200', 'yyyy-MM-dd Z', '2020-04-02T22:00:00.000Z'],
    ['2020-04-03 GMT+02:00', 'yyyy-MM-dd OOOO', '2020-04-02T22:00:00.000Z'],
    ['2020-04-03 GMT+2', 'yyyy-MM-dd O', '2020-04-02T22:00:00.000Z'],
    ['20200403094518', 'yyyyMMddHHmmss', '2020-04-03T09:45:18.000Z'],
    ['20200403094518123', 'yyyyMMddHHmmssSSS', '2020-04-03T09:45:18.123Z'],
    ['3.4.2020', 'd.M.yyyy', '2020-04-03T00:00:00.000Z'],
    ['03.04.20', 'dd.MM.yy', '2020-04-03T00:00:00.000Z'],
    ['Fri, 3 Apr 2020', 'EEE, d MMM yyyy', '2020-04-03T00:00:00.000Z'],
    ['Friday 3 April 2020', 'EEEE d MMMM yyyy', '2020-04-03T00:00:00.000Z'],
    ['Monday 3 April 2020', 'EEEE d MMMM yyyy', undefined],
    ['2020-094', 'yyyy-DDD', '2020-04-03T00:00:00.000Z'],
    ['2020-04-03 01:05 PM', 'yyyy-MM-dd hh:mm a', '2020-04-03T13:05:00.000Z'],
    ['2020-04-03 12:05 AM', 'yyyy-MM-dd hh:mm a', '2020-04-03T00:05:00.000Z'],
    ['2020-04-03 01:05', 'yyyy-MM-dd hh:mm', undefined],
    ['2020-04-03 24:00', 'yyyy-MM-dd HH:mm', '2020-04-04T00:00:00.000Z'],
    ['2020-04-03 24:01', 'yyyy-MM-dd HH:mm', undefined],
    ['2020-04-31', 'yyyy-MM-dd', '2020-04-30T00:00:00.000Z'],
    ['2020-02-30', 'yyyy-MM-dd', '2020-02-29T00:00:00.000Z'],
    ['2020-04-32', 'yyyy-MM-dd', undefined],
    ['2020-13-01', 'yyyy-MM-dd', undefined],
    ['0044-03-15 BC', 'yyyy-MM-dd G', '-000043-03-15T00:00:00.000Z'],
    ['-0043-03-15', 'uuuu-MM-dd', '-000043-03-15T00:00:00.000Z'],
    ['2020-04-03 10:00 PST', 'yyyy-MM-dd HH:mm z', '2020-04-03T17:00:00.000Z'],
    ['2020-01-03 10:00 PST', 'yyyy-MM-dd HH:mm z', '2020-01-03T18:00:00.000Z'],
    ['2020-01-03 10:00 Europe/Berlin', 'yyyy-MM-dd HH:mm VV', '2020-01-03T09:00:00.000Z'],
    ['2020-01-03 10:00 Nowhere', 'yyyy-MM-dd HH:mm VV', undefined],
    // clocks go forward from 02:00 to 03:00, and back from 03:00 to 02:00
    ['2020-03-29 02:30 Europe/Berlin', 'yyyy-MM-dd HH:mm VV', '2020-03-29T01:30:00.000Z'],
    ['2020-10-25 02:30 Europe/Berlin', 'yyyy-MM-dd HH:mm VV', '2020-10-25T00:30:00.000Z'],
    ['2020-04-03', 'yyyy-MM-dd[ HH:mm]', '2020-04-03T00:00:00.000Z'],
    ['2020-04-03 05:06', 'yyyy-MM-dd[ HH:mm]', '2020-04-03T05:06:00.000Z'],
    ["2020-04-03 o'clock", "yyyy-MM-dd 'o''clock'", '2020-04-03T00:00:00.000Z'],
    ['2020-04-03 36000000', 'yyyy-MM-dd A', '2020-04-03T10:00:00.000Z'],
    ['10:00', 'HH:mm', undefined],
    ['2020-04', 'yyyy-MM', undefined],
    ['2020-04-03x', 'yyyy-MM-dd', undefined],
    ['2020-4-3', 'yyyy-MM-dd', undefined],
    ['20-04-03', 'yyyy-MM-dd', undefined],
    ['+12020-04-03', 'yyyy-MM-dd', '+012020-04-03T00:00:00.000Z'],
    ['2020-04-03', 'yyyy-MM-dd{', undefined],
    ['2020-04-03', 'yyyy-MM-dd]', undefined],
    ['2020-04-03', "yyyy-MM-dd'", undefined],
    ['2020-04-03', 'bbbb', undefined],
    ['', '', undefined],
  ])('%s by %s is %s', async (text, pattern, expected) => {
    const value = await valueOf('time_to_epoch(t, p)', { payload: { t: text, p: pattern } });
    expect(value === undefined ? undefined : new Date(value as number).toISOString()).toBe(expected);
  });

  test('reads what parse_time() wrote', async () => {
    const expression = "time_to_epoch(parse_time('yyyy-MM-dd HH:mm:ss.SSS', ts), 'yyyy-MM-dd HH:mm:ss.SSS')";
    expect(await valueOf(expression, { payload: { ts: INSTANT } })).toBe(INSTANT);
  });
});
