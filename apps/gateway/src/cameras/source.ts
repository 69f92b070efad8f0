import type { ErrorCode, Track } from '@vedette/media';
import type { Feed } from '../stream/stream.ts';

/** Why a source stopped, in words for the person who runs the camera. Never holds a password. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly code: ErrorCode;
  /** Trying again cannot help until the configuration changes (wrong password, unknown path…). */
  readonly isPermanent: boolean;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions & { isPermanent?: boolean }) {
    super(message, options);
    this.code = code;
    this.isPermanent = options?.isPermanent ?? false;
  }
}

/** What a source needs of the camera that runs it. */
export interface SourceContext {
  /** Aborts when the camera is removed, changed or no longer wanted: leave politely and return. */
  readonly signal: AbortSignal;
  /**
   * The source is connected and knows its tracks: opens the camera's stream. Call before the
   * first unit, and again when there are altogether different tracks.
   */
  open(tracks: readonly Track[]): Feed;
  /** One line for the log, at debug level; not on the media path. */
  log(message: string, details?: Record<string, unknown>): void;
  /** Counts damage that the source saw: packets lost, pictures dropped because of it. */
  count(event: 'lostPackets' | 'damagedPictures', amount: number): void;
}

/**
 * One way in. `run` makes one attempt, from connecting to the end: it resolves when the signal
 * aborts or the peer ended politely, and rejects with a `SourceError` otherwise. Whoever runs it
 * decides when to try again.
 */
export interface Source {
  run(context: SourceContext): Promise<void>;
}
