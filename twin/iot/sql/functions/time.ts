import { toIndex } from '../conversion.ts';
import { formatJoda } from '../time/joda-format.ts';
import { parseJavaTime } from '../time/java-parse.ts';
import { findZone, UTC } from '../time/zone.ts';
import type { Value } from '../value.ts';
import { pure, type SqlFunction } from './definition.ts';

function parseTime(pattern: Value, timestamp: Value, ...rest: Value[]): Value {
  const epoch = toIndex(timestamp);
  const [zoneId] = rest;
  const zone = rest.length === 0 ? UTC : typeof zoneId === 'string' ? findZone(zoneId) : undefined;
  return typeof pattern !== 'string' || epoch === undefined || !zone ? undefined : formatJoda(pattern, epoch, zone);
}

function timeToEpoch(text: Value, pattern: Value): Value {
  return typeof text === 'string' && typeof pattern === 'string' ? parseJavaTime(text, pattern) : undefined;
}

/** `parse_time` formats by Joda-Time's patterns, `time_to_epoch` reads by java.time's (Developer Guide, "Functions"). */
export const TIME: readonly SqlFunction[] = [
  pure('parse_time', '2016-03-23', [2, 3], parseTime),
  pure('time_to_epoch', '2016-03-23', [2, 2], timeToEpoch),
];
