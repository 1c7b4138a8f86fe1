import { describe, expect, test } from '@jest/globals';
import { COMMANDS, findCommand } from '../../contracts/commands/catalogue.ts';
import { commandAnswerSchema, commandRequestSchema } from '../../contracts/commands/wire.ts';
import { eventSchema } from '../../contracts/event.ts';
import { hazardBroadcastSchema, perceptionSchema } from '../../contracts/perception.ts';
import { PROBLEMS, problemDocument, type ProblemKind } from '../../contracts/problem.ts';
import { provisioningParametersSchema } from '../../contracts/provisioning.ts';
import { violations } from '../../contracts/schema.ts';
import { telemetrySchema } from '../../contracts/telemetry.ts';

const hazard = {
  ...{ id: 'h1', kind: 'accident', geohash: 'u281z', latitude: 48.1, longitude: 11.6, radius: 200, until: 5 },
};
const seen = { sequence: 0, at: 1, objects: [{ id: 7, kind: 'truck', latitude: 48.1, longitude: 11.6, speed: 80 }] };

const position = { latitude: 48.1, longitude: 11.6, at: 1 };

describe('the schemas', () => {
  test.each([
    ['a telemetry batch', telemetrySchema, { sequence: 0, at: [1, 2], signals: { 'Vehicle.Speed': [50.2, null] } }],
    ['an event', eventSchema, { id: 'e1', type: 'door.opened', at: 1, data: { door: 'row1-left' } }],
    ['what a roadside unit perceives', perceptionSchema, seen],
    ['a hazard', perceptionSchema, { ...seen, objects: [], hazard }],
    ['a broadcast hazard', hazardBroadcastSchema, { ...hazard, source: 'R1', at: 2 }],
    ['a request', commandRequestSchema, { id: 'c1', command: 'horn.honk', arguments: {}, deadline: 5 }],
    ['an answer', commandAnswerSchema, { status: 'FAILED', reason: { code: 'door-ajar' } }],
    ['provisioning parameters', provisioningParametersSchema, { ThingName: 'V1', SerialNumber: 'S-1' }],
    ['arguments', findCommand('climate.start')!.arguments, { temperature: 21.5, minutes: 10 }],
    ['a result', findCommand('location.get')!.result, position],
  ])('accept %s', (_name, schema, document) => {
    expect(violations(schema, document)).toEqual([]);
  });

  test.each([
    ['a signal that nobody knows', telemetrySchema, { sequence: 0, at: [1], signals: { Speed: [1] } }, '/signals'],
    [
      'a state of charge over 100',
      telemetrySchema,
      { sequence: 0, at: [1], signals: { 'Vehicle.Powertrain.TractionBattery.StateOfCharge.Current': [101] } },
      '/signals/Vehicle.Powertrain.TractionBattery.StateOfCharge.Current/0',
    ],
    [
      'an area that is a topic',
      perceptionSchema,
      { ...seen, hazard: { ...hazard, geohash: 'a/#' } },
      '/hazard/geohash',
    ],
    [
      'an area of another size',
      perceptionSchema,
      { ...seen, hazard: { ...hazard, geohash: 'u28' } },
      '/hazard/geohash',
    ],
    ['an event type without a dot', eventSchema, { id: 'e1', type: 'opened', at: 1 }, '/type'],
    ['a status that vehicles do not have', commandAnswerSchema, { status: 'QUEUED' }, '/status'],
    ['a thing name with a slash', provisioningParametersSchema, { ThingName: 'a/b', SerialNumber: 'S' }, '/ThingName'],
    ['arguments that are not asked for', findCommand('horn.honk')!.arguments, { loud: true }, ''],
    ['arguments that are no object', findCommand('horn.honk')!.arguments, [], ''],
    ['a door that no vehicle has', findCommand('doors.unlock')!.arguments, { doors: ['roof'] }, '/doors/0'],
  ])('refuse %s and say where', (_name, schema, document, pointer) => {
    const found = violations(schema, document);
    expect(found.map((violation) => violation.pointer)).toContain(pointer);
    expect(found.every((violation) => violation.message.length > 0)).toBe(true);
  });
});

describe('the command catalogue', () => {
  test('holds the commands of the skeleton, each with a default time to live within its maximum', () => {
    expect(Object.keys(COMMANDS).sort()).toEqual([
      'climate.start',
      'doors.lock',
      'doors.unlock',
      'horn.honk',
      'location.get',
    ]);
    for (const command of Object.values(COMMANDS)) {
      expect(command.defaultTimeToLive).toBeGreaterThan(0);
      expect(command.defaultTimeToLive).toBeLessThanOrEqual(command.maximumTimeToLive);
    }
  });

  test.each(['constructor', '__proto__', 'toString', '', 'doors'])('does not know %p', (name) => {
    expect(findCommand(name)).toBeUndefined();
  });
});

describe('problem documents', () => {
  test.each(Object.keys(PROBLEMS) as ProblemKind[])(
    'of kind %s carry their status, and ask to retry only what may pass',
    (kind) => {
      const problem = problemDocument(kind, 'what was wrong', { errors: [{ pointer: '/x', message: 'is wrong' }] });
      expect(problem).toMatchObject({
        type: `urn:iov:problem:${kind}`,
        status: PROBLEMS[kind].status,
        detail: 'what was wrong',
      });
      expect(problem.retry).toBe(problem.status >= 500);
      expect(problem.errors).toEqual([{ pointer: '/x', message: 'is wrong' }]);
    },
  );
});
