/** 7 January 2030 is a Monday. */
const names = new Intl.DateTimeFormat(undefined, { weekday: 'short', timeZone: 'UTC' });

/** What a day of the week is called for short; 1 is Monday, as in ISO 8601. */
export function dayName(isoDay: number): string {
  return names.format(Date.UTC(2030, 0, 6 + isoDay));
}
