import { describe, expect, test } from '@jest/globals';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor.js';

import type { Externals } from '../../../../twin/iot/sql/index.ts';
import { outputOf, run } from './evaluation.ts';

const PROTO = `
  syntax = "proto3";
  package iov;
  enum Gear { PARK = 0; DRIVE = 1; }
  message Position { double lat = 1; float speed_kmh = 2; }
  message Reading {
    string sensor_id = 1;
    int32 reading = 2;
    int64 big = 3;
    bytes raw = 4;
    Gear gear = 5;
    repeated uint32 samples = 6;
    Position position = 7;
    map<string, int32> counts = 8;
    bool ok = 9;
  }`;

function makeDescriptor(): Uint8Array {
  const { root } = protobuf.parse(PROTO, { keepCase: true });
  root.resolveAll();
  const set = root.toDescriptor('proto3');
  for (const file of set.file) file.name = 'telemetry.proto';
  return descriptor.FileDescriptorSet.encode(set).finish();
}

const { root } = protobuf.parse(PROTO, { keepCase: true });
const Reading = root.lookupType('iov.Reading');
const MESSAGE = Buffer.from(
  Reading.encode(
    Reading.fromObject({
      sensor_id: 's-1',
      reading: 150,
      big: '9007199254740993',
      raw: Buffer.from([1, 2]).toString('base64'),
      gear: 'DRIVE',
      samples: [1, 2, 3],
      position: { lat: 47.6, speed_kmh: 80.1 },
      counts: { a: 1 },
      ok: true,
    }),
  ).finish(),
);

const asked: unknown[] = [];
const externals: Externals = {
  fetchDescriptor: async (request) => {
    asked.push(request);
    return makeDescriptor();
  },
};
const ARGUMENTS = "'proto', 'bucket', 'telemetry.desc', 'telemetry', 'Reading'";

describe('decode(…, proto)', () => {
  test('reads a raw message by the FileDescriptorSet in S3', async () => {
    const sql = `SELECT VALUE decode(*, ${ARGUMENTS}) FROM 'a'`;
    expect(await outputOf(sql, { payload: MESSAGE, externals })).toEqual({
      sensor_id: 's-1',
      reading: 150,
      big: Number('9007199254740993'),
      raw: 'AQI=',
      gear: 'DRIVE',
      samples: [1, 2, 3],
      position: { lat: 47.6, speed_kmh: 80.1 },
      counts: { a: 1 },
      ok: true,
    });
    expect(asked).toContainEqual({ bucket: 'bucket', key: 'telemetry.desc' });
  });

  test('keeps 64-bit numbers exact', async () => {
    const outcome = await run(`SELECT VALUE decode(*, ${ARGUMENTS}).big FROM 'a'`, { payload: MESSAGE, externals });
    if ('failed' in outcome || !outcome.fires) throw new Error('the rule did not fire');
    expect(outcome.output.bytes().toString()).toBe('9007199254740993');
  });

  test.each([
    ["decode(encode(*, 'base64'), 'proto', 'bucket', 'telemetry.desc', 'telemetry.proto', 'Reading')"],
    [`decode(*, 'proto', 'bucket', 'telemetry.desc', 'telemetry', 'iov.Reading')`],
  ])('SET keeps the answer of %s for the WHERE and the SELECT', async (call) => {
    const sql = `SET @decoded = ${call} SELECT @decoded.sensor_id, @decoded.reading FROM 'a' WHERE @decoded.reading > 100`;
    expect(await outputOf(sql, { payload: MESSAGE, externals })).toEqual({ sensor_id: 's-1', reading: 150 });
  });

  test.each([
    ["decode(*, 'proto', 'b', 'k', 'telemetry', 'Nothing')", MESSAGE, 'no message Nothing'],
    ["decode(*, 'proto', 'b', 'k', 'other', 'Reading')", MESSAGE, 'no file other.proto'],
    ["decode(*, 'proto', 'b', 'k', 'telemetry', 'Reading')", Buffer.from([0xff, 0xff]), 'is not a Reading'],
  ])('%s fails', async (expression, payload, reason) => {
    expect(await run(`SELECT ${expression} AS v FROM 'a'`, { payload, externals })).toEqual({
      failed: expect.stringContaining(reason),
    });
  });

  test('a descriptor over 32 KiB, or none at all, fails', async () => {
    const sql = `SELECT VALUE decode(*, ${ARGUMENTS}) FROM 'a'`;
    const large: Externals = { fetchDescriptor: () => new Uint8Array(40_000) };
    expect(await run(sql, { payload: MESSAGE, externals: large })).toEqual({
      failed: expect.stringContaining('32768 are allowed'),
    });
    const broken: Externals = { fetchDescriptor: () => Buffer.from('not a descriptor') };
    expect(await run(sql, { payload: MESSAGE, externals: broken })).toEqual({
      failed: expect.stringContaining('not a FileDescriptorSet'),
    });
  });
});
