import type { Hours } from '@vedette/contract';
import { setupMessages } from '../../messages/setup.ts';
import { dayName } from '../grants/day-name.ts';

/** A span of the day in words: `08:00 to 18:00 Asia/Ho_Chi_Minh, Mon Tue Wed`. */
export function hoursWords({ from, to, timeZone, days = [] }: Hours): string {
  return setupMessages.permissions.hours(
    from,
    to,
    timeZone,
    days
      .toSorted((a, b) => a - b)
      .map(dayName)
      .join(' '),
  );
}
