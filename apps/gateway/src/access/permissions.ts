import {
  type Action,
  CAMERA_ACTIONS,
  type CameraAction,
  type Grant,
  type Hours,
  type Role,
  ROLE_ACTIONS,
} from '@vedette/contract';

/** Somebody with a role, as the decision needs him. */
export interface Person {
  readonly role: Role;
  readonly grants: readonly Grant[];
}

/** Which groups and zones a camera belongs to. */
export interface Membership {
  groupsOf(cameraId: string): ReadonlySet<string>;
  zonesOf(cameraId: string): ReadonlySet<string>;
}

const cameraActions: ReadonlySet<string> = new Set(CAMERA_ACTIONS);

export function isCameraAction(action: Action): action is CameraAction {
  return cameraActions.has(action);
}

/** Whether the person may do it by his role, or by a grant that holds at this moment. */
export function mayPerson(
  { role, grants }: Person,
  action: Action,
  cameraId: string | undefined,
  membership: Membership,
  nowMs: number,
): boolean {
  if (ROLE_ACTIONS[role].includes(action)) return true;
  return (
    cameraId !== undefined && isCameraAction(action) && isGranted(grants, action, cameraId, membership, nowMs)
  );
}

/** Whether one of the grants allows it at this moment. */
export function isGranted(
  grants: readonly Grant[],
  action: CameraAction,
  cameraId: string,
  membership: Membership,
  nowMs: number,
): boolean {
  return grants.some(
    (grant) =>
      grant.actions.includes(action) &&
      covers(grant, cameraId, membership) &&
      (grant.hours === undefined || isWithin(grant.hours, nowMs)),
  );
}

/** Whether the grant is for the camera, whatever the hour. */
export function covers({ target }: Grant, cameraId: string, membership: Membership): boolean {
  switch (target.kind) {
    case 'all':
      return true;
    case 'camera':
      return target.id === cameraId;
    case 'group':
      return membership.groupsOf(cameraId).has(target.id);
    case 'zone':
      return membership.zonesOf(cameraId).has(target.id);
  }
}

const MS_A_MINUTE = 60_000;
const MINUTES_A_DAY = 1440;
const WEEKDAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What a clock on the wall of a time zone shows, to the minute. */
interface WallClock {
  /** Minutes since the Unix epoch for which this was read. */
  readonly forMinute: number;
  /** Of the day. */
  readonly minute: number;
  /** ISO weekday, 1 is Monday. */
  readonly weekday: number;
}

interface Zone {
  /** `undefined`: there is no such time zone. */
  readonly format: Intl.DateTimeFormat | undefined;
  last?: WallClock;
}

/** By name: making a format and reading it are dear, and decisions are many. */
const zones = new Map<string, Zone>();
/** There are some 600 names, and offsets beside them; more is somebody who tries. */
const MAX_ZONES = 4000;

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
    });
  } catch {
    return undefined; // RangeError: no such zone
  }
}

function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (zone === undefined) {
    if (zones.size >= MAX_ZONES) zones.clear();
    zone = { format: formatOf(name) };
    zones.set(name, zone);
  }
  return zone;
}

function wallClock(timeZone: string, nowMs: number): WallClock | undefined {
  const zone = zoneOf(timeZone);
  const forMinute = Math.floor(nowMs / MS_A_MINUTE);
  if (zone.last?.forMinute === forMinute) return zone.last;
  if (zone.format === undefined) return undefined;
  const parts = Object.fromEntries(
    zone.format.formatToParts(forMinute * MS_A_MINUTE).map(({ type, value }) => [type, value]),
  );
  zone.last = {
    forMinute,
    minute: (Number(parts['hour']) % 24) * 60 + Number(parts['minute']),
    weekday: WEEKDAYS.indexOf(parts['weekday'] ?? ''),
  };
  return zone.last;
}

/**
 * Whether a moment lies in the hours. `from` belongs to them and `to` does not; equal ones are the whole day. A span
 * over midnight belongs to the day on which it began. In a time zone that there is not, no moment does.
 */
export function isWithin({ from, to, timeZone, days }: Hours, nowMs: number): boolean {
  const clock = wallClock(timeZone, nowMs);
  if (clock === undefined) return false;
  const { minute, weekday } = clock;
  const begin = minutesOf(from);
  const length = (minutesOf(to) - begin + MINUTES_A_DAY) % MINUTES_A_DAY || MINUTES_A_DAY;
  const isOn = (day: number): boolean => days === undefined || days.includes(day);
  if (minute >= begin && minute < begin + length) return isOn(weekday);
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  return minute + MINUTES_A_DAY < begin + length && isOn(yesterday);
}

const ZERO = 48;

/** Of `HH:MM`, read digit by digit: this is asked for each session each second. */
function minutesOf(time: string): number {
  const digit = (index: number): number => time.charCodeAt(index) - ZERO;
  return (digit(0) * 10 + digit(1)) * 60 + digit(3) * 10 + digit(4);
}
