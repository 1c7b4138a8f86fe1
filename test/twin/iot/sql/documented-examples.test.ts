import { describe, expect, test } from '@jest/globals';

import { outputOf, RECEIVED_AT, run, valueOf } from './evaluation.ts';

const RED = { color: 'red', temperature: 50 };
const SENSORS = {
  e: [
    { n: 'temperature', u: 'Cel', t: 1234, v: 22.5 },
    { n: 'light', u: 'lm', t: 1235, v: 135 },
    { n: 'acidity', u: 'pH', t: 1235, v: 7 },
  ],
};
const VALUES = { attributes: { data1: 1, data2: 2 }, values: [{ a: 3 }, { b: 4 }, { c: 5 }] };
const NESTED = {
  data1: 'example',
  data2: {
    a: 'first attribute',
    b: 'second attribute',
    c: [
      { x: { someInt: 5, someString: 'hello' }, y: true },
      { x: { someInt: 10, someString: 'world' }, y: false },
    ],
  },
};

describe("the developer guide's statements give the guide's outputs", () => {
  test.each<[string, unknown, unknown]>([
    [
      "SELECT color AS rgb FROM 'topic/subtopic' WHERE temperature > 50",
      { color: 'red', temperature: 100 },
      { rgb: 'red' },
    ],
    ["SELECT * FROM 'topic/subtopic'", RED, RED],
    ["SELECT color FROM 'topic/subtopic'", RED, { color: 'red' }],
    ["SELECT color AS my_color FROM 'topic/subtopic'", RED, { my_color: 'red' }],
    [
      "SELECT color as my_color, temperature as fahrenheit FROM 'topic/subtopic'",
      RED,
      { my_color: 'red', fahrenheit: 50 },
    ],
    ["SELECT *, 15 as speed FROM 'topic/subtopic'", RED, { ...RED, speed: 15 }],
    ["SELECT VALUE color FROM 'topic/subtopic'", RED, 'red'],
    [
      "SELECT color.red as red_value FROM 'topic/subtopic'",
      { color: { red: 255, green: 0, blue: 0 }, temperature: 50 },
      { red_value: 255 },
    ],
    [
      "SELECT (temperature - 32) * 5 / 9 AS celsius, upper(color) as my_color FROM 'topic/subtopic'",
      RED,
      { celsius: 10, my_color: 'RED' },
    ],
    [
      'SELECT {"key-with-hyphen": color, "123-numeric-start": temperature} FROM \'topic/subtopic\'',
      RED,
      { 'key-with-hyphen': 'red', '123-numeric-start': 50 },
    ],
    [
      "SELECT foo.bar AS bar.baz FROM 'topic/subtopic'",
      { foo: { bar: 'RED', bar1: 'GREEN', bar2: 'BLUE' } },
      { bar: { baz: 'RED' } },
    ],
    [
      'SELECT * from \'iot/rules\' WHERE get(get(get(mydata,"item2"),"0"),"my-key") = "myValue"',
      { mydata: { item2: { '0': { 'my-key': 'myValue' } } } },
      { mydata: { item2: { '0': { 'my-key': 'myValue' } } } },
    ],
    [
      'SELECT temp, md5(deviceid) AS hashed_id FROM topic/#',
      { deviceid: 'iot123', temp: 54.98, humidity: 32.43, coords: { latitude: 47.615694, longitude: -122.3359976 } },
      { temp: 54.98, hashed_id: 'e37f81fb397e595c4aeb5645b8cbbbd1' },
    ],
    [
      "SELECT {'latitude': get(lat_long, 0),'longitude':get(lat_long, 1)} as lat_long FROM 'topic/subtopic'",
      { lat_long: [47.606, -122.332] },
      { lat_long: { latitude: 47.606, longitude: -122.332 } },
    ],
    [
      "SELECT [lat,long] as lat_long FROM 'topic/subtopic'",
      { lat: 47.696, long: -122.332 },
      { lat_long: [47.696, -122.332] },
    ],
    [
      "SELECT (SELECT VALUE n FROM e) as sensors FROM 'my/topic'",
      SENSORS,
      { sensors: ['temperature', 'light', 'acidity'] },
    ],
    [
      "SELECT (SELECT v FROM e WHERE n = 'temperature') as temperature FROM 'my/topic'",
      SENSORS,
      { temperature: [{ v: 22.5 }] },
    ],
    [
      "SELECT get((SELECT v FROM e WHERE n = 'temperature'), 0).v as temperature FROM 'topic/x'",
      SENSORS,
      { temperature: 22.5 },
    ],
    ["SELECT VALUE arr FROM 'topic'", { a: { b: 'c' }, arr: [1, 2, 3, 4] }, [1, 2, 3, 4]],
    [
      `SELECT CASE color WHEN 'green' THEN 'go' WHEN 'yellow' THEN 'caution' WHEN 'red' THEN 'stop'
         ELSE 'you are not at a stop light' END as instructions FROM 'topic/subtopic'`,
      { color: 'yellow' },
      { instructions: 'caution' },
    ],
    [
      "select * from 'a/b' where 3 in arr",
      { arr: [1, 2, 3, 'three', 5.7, null] },
      { arr: [1, 2, 3, 'three', 5.7, null] },
    ],
    ["select * from 'a/b' where exists (select * from arr as a where a = 3)", { arr: [1, 2, 3] }, { arr: [1, 2, 3] }],
    [
      "select * from 'a/b' where exists (select * from e as e where foo = 2)",
      { foo: 4, bar: 5, e: [{ foo: 1 }, { foo: 2 }] },
      { foo: 4, bar: 5, e: [{ foo: 1 }, { foo: 2 }] },
    ],
    [
      'SELECT decode(encoded_temp,"base64").temperature AS temp from \'topic/subtopic\'',
      { encoded_temp: 'eyAidGVtcGVyYXR1cmUiOiAzMyB9Cg==' },
      { temp: 33 },
    ],
    [
      "SELECT decode(encode(*, 'base64'), 'base64') AS value FROM 'topic/subtopic' WHERE decode(encode(*, 'base64'), 'base64') > 50",
      '80',
      { value: 80 },
    ],
    [
      'select value transform("enrichArray", attributes, values) from \'A/B\'',
      VALUES,
      [
        { a: 3, data1: 1, data2: 2 },
        { b: 4, data1: 1, data2: 2 },
        { c: 5, data1: 1, data2: 2 },
      ],
    ],
    [
      'select value transform("enrichArray", {"key": attributes.data1}, values) from \'A/B\'',
      VALUES,
      [
        { a: 3, key: 1 },
        { b: 4, key: 1 },
        { c: 5, key: 1 },
      ],
    ],
    [
      "select value transform('enrichArray', (select a, b from data2), (select value c from data2)) from 'A/B'",
      NESTED,
      NESTED.data2.c.map((item) => ({ ...item, a: 'first attribute', b: 'second attribute' })),
    ],
    [
      `SET @device_sensor_data = device1.deviceData.sensors
       SELECT @device_sensor_data.temp_fahrenheit AS temp_fahrenheit, @device_sensor_data.humidity as humidity, device1.deviceId as deviceId FROM 'device/data'`,
      {
        device1: {
          deviceId: 'weather_sensor',
          deviceData: { sensors: { temp_fahrenheit: 75, humidity: 60 }, location: [47.606, -122.332] },
        },
      },
      { temp_fahrenheit: 75, humidity: 60, deviceId: 'weather_sensor' },
    ],
    [
      "SET @encoded_payload = encode(*, 'base64') SELECT @encoded_payload AS raw_data FROM 'device/binary'",
      Buffer.from([0, 1, 2]),
      { raw_data: 'AAEC' },
    ],
    ["SELECT NULL AS n FROM 'topic/subtopic'", {}, { n: null }],
    [
      "SELECT topic(2) as device_id, timestamp() as timestamp, temperature FROM 'device/+/data'",
      { temperature: 1 },
      { device_id: 'myThings', timestamp: RECEIVED_AT, temperature: 1 },
    ],
    ["SELECT *, sourceip() as deviceIp FROM 'some/topic'", { a: 1 }, { a: 1, deviceIp: '192.158.1.38' }],
    ["SELECT * AS message FROM 'some/topic'", { a: 1 }, { message: { a: 1 } }],
  ])('%s', async (sql, payload, output) => {
    expect(await outputOf(sql, { payload })).toEqual(output);
  });

  test.each<[string, unknown]>([
    [
      "SELECT color AS my_color FROM 'topic/subtopic' WHERE temperature > 50 AND color <> 'red'",
      { color: 'red', temperature: 40 },
    ],
    ["SELECT * FROM 'topic/subtopic' WHERE device_type = 'thermostat'", Buffer.from([0xff, 0xfe])],
  ])('%s does not fire', async (sql, payload) => {
    expect(await run(sql, { payload })).toEqual({ fires: false });
  });
});

describe("the developer guide's examples of functions", () => {
  test.each<[string, unknown]>([
    ['abs(-5)', 5],
    ['accountid()', '123456789012'],
    ['acos(0)', 1.5707963267948966],
    ['asin(0)', 0],
    ['atan(0)', 0],
    ['atan2(1, 0)', 1.5707963267948966],
    ['bitand(13, 5)', 5],
    ['bitor(8, 5)', 13],
    ['bitxor(13, 5)', 8],
    ['bitnot(13)', 2],
    ['cast(true as Int)', 1],
    ['ceil(1.2)', 2],
    ['ceil(-1.2)', -1],
    ['chr(65)', 'A'],
    ['chr(49)', '1'],
    ['clientid()', 'client-1'],
    ['concat()', undefined],
    ['concat(1)', '1'],
    ['concat([1, 2, 3], 4)', [1, 2, 3, 4]],
    ['concat([1, 2, 3], "hello")', [1, 2, 3, 'hello']],
    ['concat("con", "cat")', 'concat'],
    ['concat(1, "hello")', '1hello'],
    ['concat("he","is","man")', 'heisman'],
    ['concat([1, 2, 3], "hello", [4, 5, 6])', [1, 2, 3, 'hello', 4, 5, 6]],
    ['cos(0)', 1],
    ['cosh(2.3)', 5.037220649268761],
    ['endswith("cat","at")', true],
    ['exp(1)', Math.E],
    ['floor(1.2)', 1],
    ['floor(-1.2)', -2],
    ['get(["a", "b", "c"], 1)', 'b'],
    ['get({"a":"b"}, "a")', 'b'],
    ['get("abc", 0)', 'a'],
    ['md2("hello")', 'a9046c73e00331af68917d3804f70655'],
    ['md5("hello")', '5d41402abc4b2a76b9719d911017c592'],
    ['indexof("abcd", "bc")', 1],
    ['isNull(5)', false],
    ['isNull(Null)', true],
    ['isUndefined(5)', false],
    ['isUndefined(floor([1,2,3]))', true],
    ['length("hi")', 2],
    ['length(false)', 5],
    ['ln(exp(1))', 1],
    ['log(100)', 2],
    ['lower("HELLO")', 'hello'],
    ['lower(["HELLO"])', '["hello"]'],
    ['lpad("hello", 2)', '  hello'],
    ['lpad(1, 3)', '   1'],
    ['Ltrim(" h i ")', 'h i '],
    ['mod(8, 3)', 2],
    ['Nanvl(8, 3)', 8],
    ['numbytes("hi")', 2],
    ['numbytes("€")', 3],
    ["parse_time(\"yyyy.MM.dd G 'at' HH:mm:ss z\", 100000000, 'America/Belize' )", '1970.01.01 AD at 21:46:40 CST'],
    ["parse_time('yyyy', timestamp(), 'UTC')", '2016'],
    ['power(2, 5)', 32],
    ['principal()', 'ba67293a'],
    ['regexp_matches("aaaa", "a{2,}")', true],
    ['regexp_matches("aaaa", "b")', false],
    ['regexp_matches("aaa", "(aaa|bbb)")', true],
    ['regexp_matches("bbb", "(aaa|bbb)")', true],
    ['regexp_matches("ccc", "(aaa|bbb)")', false],
    ['regexp_replace("abcd", "bc", "x")', 'axd'],
    ['regexp_replace("abcd", "b(.*)d", "$1")', 'ac'],
    ['regexp_substr("hihihello", "hi")', 'hi'],
    ['regexp_substr("hihihello", "(hi)*")', 'hihi'],
    ['remainder(8, 3)', 2],
    ['replace("abcd", "bc", "x")', 'axd'],
    ['replace("abcdabcd", "b", "x")', 'axcdaxcd'],
    ['rpad("hello", 2)', 'hello  '],
    ['rpad(1, 3)', '1   '],
    ['Round(1.2)', 1],
    ['Round(1.5)', 2],
    ['Round(1.7)', 2],
    ['Round(-1.1)', -1],
    ['Round(-1.5)', -2],
    ['rtrim(" h i ")', ' h i'],
    ['sign(-7)', -1],
    ['sign(0)', 0],
    ['sign(13)', 1],
    ['sin(0)', 0],
    ['sinh(2.3)', 4.936961805545957],
    ['sourceip()', '192.158.1.38'],
    ['substring("012345", 0)', '012345'],
    ['substring("012345", 2)', '2345'],
    ['substring("012345", 2.745)', '2345'],
    ['substring(123, 2)', '3'],
    ['substring("012345", -1)', '012345'],
    ['substring(true, 1.2)', 'rue'],
    ['substring(false, -2.411E247)', 'false'],
    ['substring("012345", 1, 3)', '12'],
    ['substring("012345", -50, 50)', '012345'],
    ['substring("012345", 3, 1)', ''],
    ['sql_version()', '2016-03-23'],
    ['sqrt(9)', 3],
    ['startswith("ranger","ran")', true],
    ['tan(3)', -0.1425465430742778],
    ['tanh(2.3)', 0.9800963962661914],
    ['time_to_epoch("2020-04-03 09:45:18 UTC+01:00", "yyyy-MM-dd HH:mm:ss VV")', 1585903518000],
    ['time_to_epoch("18 December 2015", "dd MMMM yyyy")', 1450396800000],
    ['time_to_epoch("2007-12-03 10:15:30.592 America/Los_Angeles", "yyyy-MM-dd HH:mm:ss.SSS z")', 1196705730592],
    ['timestamp()', RECEIVED_AT],
    ['topic()', 'things/myThings/thingOne'],
    ['topic(1)', 'things'],
    ['traceid()', '12345678-1234-1234-1234-123456789012'],
    ['Trim(" hi ")', 'hi'],
    ['trunc(2.3, 0)', 2],
    ['trunc(2.3123, 2)', 2.31],
    ['trunc(2.888, 2)', 2.88],
    ['trunc(2.00, 5)', 2],
    ['upper("hello")', 'HELLO'],
    ['upper(["hello"])', '["HELLO"]'],
    ['abs("-5.123")', 5.123],
  ])('%s is %j', async (expression, expected) => {
    expect(await valueOf(expression)).toEqual(expected);
  });

  test('topic() of a Basic Ingest publish has no $aws/rules/<rule> in it', async () => {
    const message = { topic: 'Buildings/Building5/Floor2/Room201/Lights' };
    expect(await valueOf('topic(3)', { message })).toBe('Floor2');
  });

  test('get_user_properties() gives the values of a key, or all pairs', async () => {
    const message = {
      properties: {
        userProperties: [
          ['some key', 'some value'],
          ['a different key', 'a different value'],
          ['some key', 'value with duplicate key'],
        ],
      },
    } as const;
    expect(await valueOf("get_user_properties('some key')", { message })).toEqual([
      'some value',
      'value with duplicate key',
    ]);
    expect(await valueOf("get_user_properties('a different key')", { message })).toEqual(['a different value']);
    expect(await valueOf("get_user_properties('non-existent key')", { message })).toBeUndefined();
    expect(await valueOf('get_user_properties()', { message })).toEqual([
      { 'some key': 'some value' },
      { 'a different key': 'a different value' },
      { 'some key': 'value with duplicate key' },
    ]);
  });

  test.each([
    ['content_type', 'application/json', undefined],
    ['format_indicator', 'UTF8_DATA', 'UNSPECIFIED_BYTES'],
    ['response_topic', 'reply/here', undefined],
    ['correlation_data', 'cnVsZSBjb3JyZWxhdGlvbiBkYXRh', undefined],
    ['some_invalid_name', undefined, undefined],
  ])('get_mqtt_property(%j) is %j where present and %j where not', async (name, present, absent) => {
    const properties = {
      contentType: 'application/json',
      payloadFormatIndicator: true,
      responseTopic: 'reply/here',
      correlationData: Buffer.from('rule correlation data'),
    };
    expect(await valueOf(`get_mqtt_property('${name}')`, { message: { properties } })).toBe(present);
    expect(await valueOf(`get_mqtt_property('${name}')`)).toBe(absent);
  });

  test('rand() is between 0 and 1, newuuid() is a UUID', async () => {
    expect(await valueOf('rand()')).toBeGreaterThanOrEqual(0);
    expect(await valueOf('rand()')).toBeLessThan(1);
    expect(await valueOf('newuuid()')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
