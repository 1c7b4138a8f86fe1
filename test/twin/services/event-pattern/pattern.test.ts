import { describe, expect, test } from '@jest/globals';

import { compileEventPattern, PatternError } from '../../../../twin/services/event-pattern/pattern.ts';

const event = {
  source: 'app.vehicles',
  'detail-type': 'Door opened',
  resources: ['arn:a', 'arn:b'],
  empty: [],
  detail: {
    vin: 'VIN0001',
    speed: 42.5,
    parked: false,
    ip: '10.1.2.3',
    nothing: null,
    file: 'maps/eu/tile-7.bin',
    doors: [
      { side: 'left', open: true },
      { side: 'right', open: false },
    ],
  },
};

describe('an event fits a pattern', () => {
  test.each<[string, unknown, boolean]>([
    ['of an exact text', { source: ['app.vehicles'] }, true],
    ['of one of several texts', { source: ['other', 'app.vehicles'] }, true],
    ['only when all names hold', { source: ['app.vehicles'], 'detail-type': ['Door closed'] }, false],
    ['by one element of a list', { resources: ['arn:b'] }, true],
    ['but not by an element that the list lacks', { resources: ['arn:c'] }, false],
    ['in nested objects', { detail: { vin: ['VIN0001'] } }, true],
    ['of a number', { detail: { speed: [42.5] } }, true],
    ['of a boolean', { detail: { parked: [false] } }, true],
    ['of null', { detail: { nothing: [null] } }, true],
    ['but null is not absence', { detail: { missing: [null] } }, false],
    ['by prefix', { detail: { vin: [{ prefix: 'VIN' }] } }, true],
    ['by prefix whatever the case', { detail: { vin: [{ prefix: { 'equals-ignore-case': 'vin' } }] } }, true],
    ['by suffix', { detail: { file: [{ suffix: '.bin' }] } }, true],
    ['ignoring case', { 'detail-type': [{ 'equals-ignore-case': 'DOOR OPENED' }] }, true],
    ['by wildcard', { detail: { file: [{ wildcard: 'maps/*/tile-*.bin' }] } }, true],
    ['but not by another wildcard', { detail: { file: [{ wildcard: 'maps/*.txt' }] } }, false],
    ['where an escaped star is a star', { detail: { file: [{ wildcard: 'maps/\\*' }] } }, false],
    ['by a range of numbers', { detail: { speed: [{ numeric: ['>', 40, '<=', 42.5] }] } }, true],
    ['but not outside it', { detail: { speed: [{ numeric: ['>', 42.5] }] } }, false],
    ['where text is no number', { detail: { vin: [{ numeric: ['>', 0] }] } }, false],
    ['by address range', { detail: { ip: [{ cidr: '10.1.0.0/16' }] } }, true],
    ['but not of another range', { detail: { ip: [{ cidr: '10.2.0.0/16' }] } }, false],
    ['by presence', { detail: { vin: [{ exists: true }] } }, true],
    ['by absence', { detail: { missing: [{ exists: false }] } }, true],
    ['where an empty list is absence', { empty: [{ exists: false }] }, true],
    ['by anything but a text', { detail: { vin: [{ 'anything-but': 'VIN0002' }] } }, true],
    ['but not that text', { detail: { vin: [{ 'anything-but': ['VIN0001'] }] } }, false],
    ['by anything but a prefix', { detail: { vin: [{ 'anything-but': { prefix: 'VIN' } }] } }, false],
    ['by anything but a wildcard', { detail: { file: [{ 'anything-but': { wildcard: '*.txt' } }] } }, true],
    ['where anything but needs a value', { detail: { missing: [{ 'anything-but': 'x' }] } }, false],
    ['by one of two alternatives', { $or: [{ source: ['other'] }, { detail: { vin: ['VIN0001'] } }] }, true],
    ['with one element of a list of objects', { detail: { doors: { side: ['left'], open: [true] } } }, true],
    ['but not mixing elements of that list', { detail: { doors: { side: ['right'], open: [true] } } }, false],
  ])('%s', (_name, pattern, expected) => {
    expect(compileEventPattern(pattern)(event)).toBe(expected);
  });

  test('whose wildcard is tried in linear time', () => {
    const matches = compileEventPattern({ text: [{ wildcard: `${'*a'.repeat(40)}*b` }] });
    expect(matches({ text: 'a'.repeat(50_000) })).toBe(false);
  });
});

describe('a pattern is refused', () => {
  test.each<[string, unknown]>([
    ['that is no object', []],
    ['that is empty', {}],
    ['whose leaf is no list', { source: 'x' }],
    ['with an empty list', { source: [] }],
    ['with an unknown operator', { source: [{ like: 'x' }] }],
    ['with two operators in one', { source: [{ prefix: 'x', suffix: 'y' }] }],
    ['with half a comparison', { n: [{ numeric: ['>'] }] }],
    ['with a comparison of text', { n: [{ numeric: ['>', '1'] }] }],
    ['with two wildcards in a row', { s: [{ wildcard: 'a**b' }] }],
    ['with a range that is none', { s: [{ cidr: 'nowhere' }] }],
    ['that nests without end', JSON.parse(`${'{"a":'.repeat(40)}["x"]${'}'.repeat(40)}`)],
  ])('%s', (_name, pattern) => {
    expect(() => compileEventPattern(pattern)).toThrow(PatternError);
  });
});
