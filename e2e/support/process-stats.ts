import { readdirSync, readFileSync } from 'node:fs';

/** A process and everything that it started, by their ids; nothing where it has ended. Linux only. */
export function processTree(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(processTree)];
  } catch (error) {
    if (hasEnded(error)) return [];
    throw error;
  }
}

/** Memory of a process that is in use now, or was at most. */
export function residentBytes(pid: number, which: 'now' | 'peak' = 'now'): number {
  const field = which === 'now' ? 'VmRSS' : 'VmHWM';
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status(pid))?.[1];
  return Number(kilobytes) * 1024;
}

/** Files, sockets and pipes that a process has open. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What a process was started with; empty where it has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch (error) {
    if (hasEnded(error)) return '';
    throw error;
  }
}

/** The process was there a moment ago. */
function hasEnded(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}

function status(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}
