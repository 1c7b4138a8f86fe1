import { beforeAll, describe, expect, test } from '@jest/globals';

import { openIndexWorld, type IndexWorld } from './index-world.ts';

// Developer guide, "Example thing queries", "Example thing group queries", "Querying for aggregate data", "Indexing
// location data". The things are such that each query finds some of them and not others.
let world: IndexWorld;

beforeAll(async () => {
  world = openIndexWorld();
  const { registry } = world;
  await world.indexEverything({
    namedShadowIndexingMode: 'ON',
    filter: {
      namedShadowNames: ['gps-tracker', 'lamp'],
      geoLocations: [{ name: 'shadow.name.gps-tracker.reported.coordinates', order: 'LonLat' }],
    },
    customFields: [
      { name: 'attributes.numericAttribute2', type: 'Number' },
      { name: 'attributes.stringAttribute', type: 'String' },
      { name: 'attributes.customField_NUM', type: 'Number' },
      { name: 'shadow.reported.batterylevelpercent', type: 'Number' },
    ],
  });
  registry.thingTypes.create('aa', {});
  registry.billingGroups.create('abill');
  registry.thingGroups.create('a');
  world.thing('myThingName', { myAttribute: '75', serialNumber: 'abcd' }, { thingTypeName: 'aa' });
  world.thing('aba', { myAttribute: '80', serialNumber: 'abcf' }, { billingGroupName: 'abill' });
  world.thing('ab', { myAttribute: 'indent', serialNumber: 'abcg' });
  world.thing('combined', { attr1: 'abc', attr2: '4', attr3: '10' });
  world.thing('tv-v2', { model: 'legacy', attr1: 'abc', attr2: '5' });
  world.thing('tv-v3', { model: 'v3' });
  world.thing('tommy', {});
  registry.addThingToGroup('a', 'myThingName');
  world.report('tv-v3', { reported: { stats: { battery: 80 }, location: 'new york', myvalues: [1, 2, 3] } });
  world.report('tv-v2', { reported: { stats: { battery: 80 }, location: 'x' }, desired: { stats: { battery: 90 } } });
  world.report('aba', { reported: { stats: { battery: 70 } } });
  world.report('ab', { desired: { filament: 'on' } }, 'lamp');
  world.report('ab', { reported: { location: 'shelf' } }, 'lamp');
  world.report('aba', { reported: { coordinates: [-122.3, 47.6] } }, 'gps-tracker');
  world.report('tommy', { reported: { coordinates: [-120, 47.6] } }, 'gps-tracker');
  world.connect('aba');
  world.connect('tommy');
  world.disconnect('tommy', 'CLIENT_INITIATED_DISCONNECT');
});

const ALL = ['ab', 'aba', 'combined', 'myThingName', 'tommy', 'tv-v2', 'tv-v3'];
const without = (...names: string[]): string[] => ALL.filter((name) => !names.includes(name));

describe("the guide's example queries of things", () => {
  test.each<[string, string[]]>([
    ['*', ALL],
    ['abc', ['combined', 'tv-v2']],
    ['thingName:myThingName', ['myThingName']],
    ['thingName:my*', ['myThingName']],
    ['thingName:*my', ['tommy']],
    ['thingName:*my*', ['myThingName', 'tommy']],
    ['thingName:ab?', ['aba']],
    ['thingTypeName:aa', ['myThingName']],
    ['thingGroupNames:a', ['myThingName']],
    ['thingGroupNames:a*', ['aba', 'myThingName']],
    ['attributes.myAttribute:75', ['myThingName']],
    ['attributes.myAttribute:[75 TO 80]', ['aba', 'myThingName']],
    ['attributes.myAttribute:{75 TO 80]', ['aba']],
    ['attributes.serialNumber:["abcd" TO "abcf"]', ['aba', 'myThingName']],
    ['attributes.myAttribute:i*t', ['ab']],
    ['attributes.attr1:abc AND attributes.attr2<5 NOT attributes.attr3>10', ['combined']],
    ['shadow.hasDelta:true', ['tv-v2']],
    ['NOT attributes.model:legacy', without('tv-v2')],
    ['shadow.reported.stats.battery:{70 TO 100} (v2 OR v3) NOT attributes.model:legacy', ['tv-v3']],
    ['shadow.reported.myvalues:2', ['tv-v3']],
    ['shadow.reported.location:* NOT shadow.desired.stats.battery:*', ['tv-v3']],
    ['shadow.name.lamp.hasDelta:true', ['ab']],
    ['shadow.name.lamp.desired.filament:*', ['ab']],
    ['shadow.name.lamp.reported.location:*', ['ab']],
    ['connectivity.connected:true', ['aba']],
    ['connectivity.connected:false', without('aba')],
    ['connectivity.connected:true AND connectivity.timestamp : [1557651600000 TO 1557867600000]', ['aba']],
    ['connectivity.connected:false AND connectivity.timestamp : [1557651600000 TO 1557867600000]', ['tommy']],
    ['connectivity.connected:true AND connectivity.timestamp > 1557651600000', ['aba']],
    ['connectivity.connected:true AND connectivity.timestamp > 1557700000000', []],
    ['connectivity.connected:*', ALL],
    ['connectivity.disconnectReason:*', ['tommy']],
    ['connectivity.disconnectReason:CLIENT_INITIATED_DISCONNECT', ['tommy']],
    ['shadow.name.gps-tracker.reported.coordinates:geo_distance,47.6204,-122.3491,15.5km', ['aba']],
    [
      'connectivity.connected:false AND (NOT shadow.name.gps-tracker.reported.coordinates:geo_distance,47.6204,-122.3491,15.5km)',
      without('aba'),
    ],
  ])('%s', async (query, found) => {
    expect(await world.found(query)).toEqual(found);
  });

  test.each<[string, string[]]>([
    ['thingName:(tv* AND -tv\\-v2)', ['tv-v3']],
    ['THINGNAME:tommy', []],
    ['thingName:TOMMY', ['tommy']],
    ['shadow.reported.location:york', ['tv-v3']],
    ['shadow.reported.location:"New York"', ['tv-v3']],
    ['shadow.reported.location:"york new"', []],
    ['attributes.model:(legacy OR v3)', ['tv-v2', 'tv-v3']],
    ['registry.version:1', []],
    ['attributes.myAttribute:75.0', ['myThingName']],
  ])('%s, by the notes on the syntax', async (query, found) => {
    expect(await world.found(query)).toEqual(found);
  });
});

describe("the guide's aggregations", () => {
  const numbers = openIndexWorld();
  beforeAll(async () => {
    await numbers.indexEverything({
      customFields: ['numericAttribute2', 'customField_NUM', 'stringAttribute'].map((name) => ({
        name: `attributes.${name}`,
        type: name === 'stringAttribute' ? 'String' : 'Number',
      })),
    });
    [-125, 75, 150].forEach((value, at) => numbers.thing(`n${at}`, { numericAttribute2: String(value) }));
    [1, 1, 1, 2, 2, 2, 3, 3, 3].forEach((value, at) => numbers.thing(`p${at}`, { customField_NUM: String(value) }));
    ['red', 'red', 'blue'].forEach((value, at) => numbers.thing(`s${at}`, { stringAttribute: value }));
  });

  test('GetStatistics of numbers and of texts', async () => {
    const of = (aggregationField: string): Promise<unknown> =>
      numbers.call('GetStatistics', { queryString: '*', aggregationField });
    expect(await of('attributes.numericAttribute2')).toEqual({
      statistics: {
        ...{ count: 3, average: expect.closeTo(33.333333333333336, 10), sum: 100, minimum: -125, maximum: 150 },
        ...{ sumOfSquares: 43750, variance: expect.closeTo(13472.22222222222, 8) },
        stdDeviation: expect.closeTo(116.06990230986766, 10),
      },
    });
    expect(await of('attributes.stringAttribute')).toEqual({ statistics: { count: 3 } });
  });

  test('GetPercentiles', async () => {
    const percents = [10, 20, 30, 40, 50, 60, 70, 80, 90, 99];
    const input = { aggregationField: 'attributes.customField_NUM', percents };
    const { percentiles } = await numbers.call('GetPercentiles', { queryString: 'thingName:*', ...input });
    const values = [1, 1, 1.4, 2, 2, 2, 2.5999999999999996, 3, 3, 3];
    expect(percentiles).toEqual(percents.map((percent, at) => ({ percent, value: expect.closeTo(values[at]!, 12) })));
    expect(await numbers.call('GetPercentiles', { queryString: 'thingName:Non-existent*', ...input })).toEqual({
      percentiles: [],
    });
  });

  test('GetCardinality and GetBucketsAggregation', async () => {
    const aggregationField = 'attributes.stringAttribute';
    expect(await numbers.call('GetCardinality', { queryString: '*', aggregationField })).toEqual({ cardinality: 2 });
    expect(await numbers.call('GetCardinality', { queryString: 'thingName:Non-existent*', aggregationField })).toEqual({
      cardinality: 0,
    });
    const bucketsAggregationType = { termsAggregation: { maxBuckets: 5 } };
    const input = { queryString: '*', aggregationField, bucketsAggregationType };
    expect(await numbers.call('GetBucketsAggregation', input)).toEqual({
      totalCount: 15,
      buckets: [
        { keyValue: 'red', count: 2 },
        { keyValue: 'blue', count: 1 },
      ],
    });
  });

  test('a field that is neither managed nor custom is not aggregated', async () => {
    await expect(
      numbers.call('GetStatistics', { queryString: '*', aggregationField: 'attributes.other' }),
    ).rejects.toMatchObject({ code: 'InvalidAggregationException' });
  });
});
