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

function covers({ target }: Grant, cameraId: string, membership: Membership): boolean {
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

const MINUTES_A_DAY = 1440;
const clocks = new Map<string, Intl.DateTimeFormat>();
const WEEKDAYS = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** The time zone's clock; made once: it is dear. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
    });
    clocks.set(timeZone, clock);
  }
  return clock;
}

/**
 * Whether a moment lies in the hours. `from` belongs to them and `to` does not; equal ones are the whole day. A span
 * over midnight belongs to the day on which it began.
 */
export function isWithin({ from, to, timeZone, days }: Hours, nowMs: number): boolean {
  const parts = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(nowMs)
      .map(({ type, value }) => [type, value]),
  );
  const minute = (Number(parts['hour']) % 24) * 60 + Number(parts['minute']);
  const today = WEEKDAYS.indexOf(parts['weekday'] ?? '');
  const begin = minutesOf(from);
  const length = (minutesOf(to) - begin + MINUTES_A_DAY) % MINUTES_A_DAY || MINUTES_A_DAY;
  const isOn = (day: number): boolean => days === undefined || days.includes(day);
  if (minute >= begin && minute < begin + length) return isOn(today);
  const yesterday = today === 1 ? 7 : today - 1;
  return minute + MINUTES_A_DAY < begin + length && isOn(yesterday);
}

function minutesOf(time: string): number {
  const [hour = '0', minute = '0'] = time.split(':');
  return Number(hour) * 60 + Number(minute);
}
