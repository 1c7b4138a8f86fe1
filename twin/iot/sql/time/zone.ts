/** A time zone: a fixed offset, or a region of the IANA database as the runtime's ICU knows it. */
export interface Zone {
  readonly id: string;
  /** Milliseconds east of UTC at an instant. */
  offsetAt(epoch: number): number;
  /** As `PST` or `Pacific Standard Time`. */
  nameAt(epoch: number, length: 'short' | 'long'): string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MAX_OFFSET = 18 * HOUR;

/** ICU abbreviates only the zones of the English-speaking reader; Java has these for the others. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  'Central European Standard Time': 'CET',
  'Central European Summer Time': 'CEST',
  'Eastern European Standard Time': 'EET',
  'Eastern European Summer Time': 'EEST',
  'Western European Standard Time': 'WET',
  'Western European Summer Time': 'WEST',
  'British Summer Time': 'BST',
  'Irish Standard Time': 'IST',
  'Moscow Standard Time': 'MSK',
  'India Standard Time': 'IST',
  'Japan Standard Time': 'JST',
  'Korean Standard Time': 'KST',
  'China Standard Time': 'CST',
  'Hong Kong Standard Time': 'HKT',
  'Singapore Standard Time': 'SGT',
  'Indochina Time': 'ICT',
  'Pakistan Standard Time': 'PKT',
  'Gulf Standard Time': 'GST',
  'Israel Standard Time': 'IST',
  'Israel Daylight Time': 'IDT',
  'South Africa Standard Time': 'SAST',
  'East Africa Time': 'EAT',
  'Central Africa Time': 'CAT',
  'West Africa Standard Time': 'WAT',
  'Brasilia Standard Time': 'BRT',
  'Argentina Standard Time': 'ART',
  'Australian Eastern Standard Time': 'AEST',
  'Australian Eastern Daylight Time': 'AEDT',
  'Australian Central Standard Time': 'ACST',
  'Australian Central Daylight Time': 'ACDT',
  'Australian Western Standard Time': 'AWST',
  'New Zealand Standard Time': 'NZST',
  'New Zealand Daylight Time': 'NZDT',
};

/** The zone that Java takes an abbreviation for. */
const REGIONS: Readonly<Record<string, string>> = {
  PST: 'America/Los_Angeles',
  PDT: 'America/Los_Angeles',
  MST: 'America/Denver',
  MDT: 'America/Denver',
  CST: 'America/Chicago',
  CDT: 'America/Chicago',
  EST: 'America/New_York',
  EDT: 'America/New_York',
  BST: 'Europe/London',
  CET: 'Europe/Paris',
  CEST: 'Europe/Paris',
  EET: 'Europe/Helsinki',
  EEST: 'Europe/Helsinki',
  WET: 'Europe/Lisbon',
  WEST: 'Europe/Lisbon',
  MSK: 'Europe/Moscow',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  KST: 'Asia/Seoul',
  HKT: 'Asia/Hong_Kong',
  SGT: 'Asia/Singapore',
  AEST: 'Australia/Sydney',
  AEDT: 'Australia/Sydney',
  NZST: 'Pacific/Auckland',
  NZDT: 'Pacific/Auckland',
};

export const UTC: Zone = fixedZone('UTC', 0);

const regions = new Map<string, Zone>();
/** ICU takes ids in any case, so the number of regions alone would not bound the zones kept. */
const MAX_REGIONS = 1_000;

/** A zone by its id: `Europe/Berlin`, `UTC`, `Z`, `+01:00`, `UTC+01:00`. `undefined` for what is none. */
export function findZone(id: string): Zone | undefined {
  if (id === 'Z' || id === 'UTC' || id === 'GMT' || id === 'UT') return fixedZone(id === 'Z' ? 'UTC' : id, 0);
  const match = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(id);
  if (match) {
    const offset = offsetOf(match[1]!, match[2], match[3], match[4]);
    return offset === undefined ? undefined : fixedZone(id, offset);
  }
  const known = regions.get(id);
  if (known) return known;
  const found = regionZone(id);
  if (found && regions.size < MAX_REGIONS) regions.set(id, found);
  return found;
}

/** As {@link findZone}, and by abbreviations such as `PST`, read as Java reads them. */
export function findNamedZone(name: string): Zone | undefined {
  return findZone(Object.hasOwn(REGIONS, name) ? REGIONS[name]! : name);
}

/** Milliseconds of a signed offset; `undefined` beyond 18 hours, java.time's own bound. */
export function offsetOf(sign: string, hours = '0', minutes = '0', seconds = '0'): number | undefined {
  if (Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const size = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  return size > MAX_OFFSET ? undefined : sign === '-' ? 0 - size : size;
}

export function fixedZone(id: string, offset: number): Zone {
  return {
    id,
    offsetAt: () => offset,
    nameAt: (_epoch, length) => (id === 'UTC' && length === 'long' ? 'Coordinated Universal Time' : id),
  };
}

function regionZone(id: string): Zone | undefined {
  let offsets: Intl.DateTimeFormat;
  try {
    offsets = new Intl.DateTimeFormat('en-US', { timeZone: id, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  const long = formatWhenAsked(id, 'long');
  const short = formatWhenAsked(id, 'short');
  const offsetAt = (epoch: number): number => {
    const match = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(zoneName(offsets, epoch));
    return match?.[1] ? (offsetOf(match[1], match[2], match[3], match[4]) ?? 0) : 0;
  };
  const nameAt = (epoch: number, length: 'short' | 'long'): string => {
    const longName = zoneName(long(), epoch);
    if (length === 'long') return longName;
    const known = ABBREVIATIONS[longName];
    if (known) return known;
    const shortName = zoneName(short(), epoch);
    return /^GMT[+-]/.test(shortName) ? formatOffset(offsetAt(epoch), ':') : shortName;
  };
  return { id, offsetAt, nameAt };
}

/** A formatter takes longer to make than to use, and most patterns ask for no name. */
function formatWhenAsked(timeZone: string, timeZoneName: 'long' | 'short'): () => Intl.DateTimeFormat {
  let format: Intl.DateTimeFormat | undefined;
  return () => (format ??= new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName }));
}

function zoneName(format: Intl.DateTimeFormat, epoch: number): string {
  return format.formatToParts(epoch).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** `+0100`, or with a separator `+01:00`. */
export function formatOffset(offset: number, separator: string): string {
  const minutes = Math.floor(Math.abs(offset) / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

/**
 * The instant of a local time, as java.time resolves it: of two the earlier one, and a time that a clock change leaves out
 * is moved on by the length of the gap.
 * @param local milliseconds since 1970-01-01T00:00 on the zone's own clocks
 */
export function toInstant(local: number, zone: Zone): number {
  const before = zone.offsetAt(local - DAY);
  const after = zone.offsetAt(local + DAY);
  for (const offset of [before, after]) {
    if (zone.offsetAt(local - offset) === offset) return local - offset;
  }
  return local - before;
}
