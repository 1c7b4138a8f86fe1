/** English names, as Java's root locale for the United States has them. */
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** Monday first: ISO 8601's numbers less one. */
export const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export const HALVES_OF_DAY = ['AM', 'PM'] as const;

export function short(name: string): string {
  return name.slice(0, 3);
}
