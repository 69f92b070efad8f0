/** Absent language and zone are the viewer's own. */
export interface FormatOptions {
  readonly locale?: string;
  readonly timeZone?: string;
  readonly withSeconds?: boolean;
}

const DAY_MS = 86_400_000;

/** Bits per second as people read them: `2.1 Mbit/s`. */
export function formatBitrate(bitsPerSecond: number): string {
  if (bitsPerSecond < 1000) return `${Math.round(bitsPerSecond)} bit/s`;
  if (bitsPerSecond < 1_000_000) return `${Math.round(bitsPerSecond / 1000)} kbit/s`;
  return `${(bitsPerSecond / 1_000_000).toFixed(1)} Mbit/s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** Frames per second, without a decimal that says nothing: `25 fps`, `12.5 fps`. */
export function formatFrameRate(framesPerSecond: number): string {
  const rounded = Math.round(framesPerSecond * 10) / 10;
  const nearest = Math.round(framesPerSecond);
  return `${Math.abs(rounded - nearest) < 0.3 ? nearest : rounded} fps`;
}

export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A moment as a person would say it now: the time alone for today, the day with it before that. */
export function formatMoment(
  atMs: number,
  nowMs: number,
  { locale, timeZone, withSeconds = false }: FormatOptions = {},
): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const seconds = withSeconds ? ({ second: '2-digit' } as const) : {};
  const day = new Intl.DateTimeFormat(locale, { ...zone, day: 'numeric', month: 'short' });
  const time = new Intl.DateTimeFormat(locale, { ...zone, ...seconds, hour: '2-digit', minute: '2-digit' });
  const isToday = nowMs - atMs < DAY_MS && day.format(atMs) === day.format(nowMs);
  return isToday ? time.format(atMs) : `${day.format(atMs)}, ${time.format(atMs)}`;
}

/** Name of a snapshot's file, sortable, in local time: `gate 2030-01-31 08.15.00.jpg`. */
export function snapshotName(cameraId: string, at: Date): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${cameraId} ${day} ${pad(at.getHours())}.${pad(at.getMinutes())}.${pad(at.getSeconds())}.jpg`;
}

/** Whole seconds until `atMs`, never below zero. */
export function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((atMs - nowMs) / 1000));
}
