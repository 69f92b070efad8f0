import { AV_LOG_FATAL, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { FFmpegError, Log } from 'node-av/lib';

/**
 * What the rest of the worker needs to call FFmpeg safely. The rules of the library:
 *
 * - Its calls return negative codes: `check` each.
 * - One call at a time on a context, and none under way when it is freed: crashes otherwise.
 * - Bytes are copied out of packets and frames before these are reused.
 * - Options are set one by one with `setOption`: a `Dictionary` handed to `open2` is freed twice.
 */

/** FFmpeg refused; `message` says what was tried and why it failed. */
export class AvError extends Error {
  override readonly name = 'AvError';
  readonly code = 'ERR_MEDIA';
}

/** Keeps FFmpeg from writing lines for each damaged picture: its codes say all that is of use. */
export function quietAv(): void {
  Log.setLevel(AV_LOG_FATAL);
}

/**
 * @param what was tried, for the message: `open libx264`.
 * @returns `result`, not negative.
 * @throws {AvError} it is negative.
 */
export function check(result: number, what: string): number {
  if (result >= 0) return result;
  throw new AvError(`could not ${what}: ${new FFmpegError(result).message}`);
}

/** Whether a `receive` call gave something, or only says that there is nothing (more) to give. */
export function hasReceived(result: number, what: string): boolean {
  if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return false;
  check(result, what);
  return true;
}

/** @throws {AvError} this build of FFmpeg lacks it. */
export function found<T>(value: T | null, what: string): T {
  if (value !== null) return value;
  throw new AvError(`this build of FFmpeg has no ${what}`);
}
