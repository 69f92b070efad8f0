import { isNalTrack, type AccessUnit, type ErrorCode, type Track } from '@vedette/media';
import type { Reader } from '../stream/reader.ts';
import type { Stream } from '../stream/stream.ts';
import { LinkError } from '../workers/link.ts';
import type { MediaLink } from '../workers/media/media-workers.ts';

/** Where pictures are decoded. */
export interface SnapshotStudio {
  /** Does one piece of decoding for the camera of this id. */
  use<Result>(camera: string, work: (link: MediaLink) => Promise<Result>): Promise<Result>;
}

export interface SnapshotRequest {
  /** Pixels, 16 to 3840, height in proportion; the width of the picture where absent. */
  readonly width?: number | undefined;
  /**
   * How long to wait for a picture where there is none: the time that a camera made on demand needs.
   * Give 0 for a camera that is known to be away.
   */
  readonly waitMs?: number;
}

export interface Snapshot {
  readonly jpeg: Buffer;
  /** When the picture was captured, in ms since the Unix epoch. */
  readonly takenAtMs: number;
  /** `false`: the camera is away, and this is the last picture that was asked of it. */
  readonly isLive: boolean;
}

/** `ERR_SNAPSHOT_NO_PICTURE`, `ERR_SNAPSHOT_DECODE`, `ERR_SNAPSHOT_WIDTH`, or why there is no worker. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Widths that may be asked for. */
export const SNAPSHOT_WIDTH = { min: 16, max: 3840 } as const;

const DEFAULT_WAIT_MS = 5000;
/** Decoding 8192×8192 takes two seconds. */
const DECODE_TIMEOUT_MS = 10_000;
/** A picture is good for this long, even if there is a newer one. */
const MAX_AGE_MS = 1000;
/** JPEGs that are kept, of whatever stream and width. */
const MAX_CACHED = 256;
/** Pictures that are kept of cameras that went away, in bytes. */
const MAX_LAST_BYTES = 32 * 1024 * 1024;

interface CachedJpeg {
  /** Of the picture, which itself is not kept: its views hold more memory than they show. */
  readonly pts: number;
  readonly takenAtMs: number;
  readonly madeAtMs: number;
  readonly jpeg: Promise<Buffer>;
}

/**
 * Stills of cameras: the last key picture of a stream as a JPEG. Those who ask for the same at the same
 * time, or within a second, share one; the last picture asked of a camera outlives its connection.
 */
export class Snapshots {
  readonly #studio: SnapshotStudio;
  readonly #now: () => number;
  readonly #cache = new Map<string, CachedJpeg>();
  readonly #last = new Map<string, AccessUnit>();
  #lastBytes = 0;

  /** @param now milliseconds of a steady clock. */
  constructor({ studio, now = () => performance.now() }: { studio: SnapshotStudio; now?: () => number }) {
    this.#studio = studio;
    this.#now = now;
  }

  /**
   * A still of the camera whose stream this is.
   *
   * @throws {SnapshotError} there is no picture, it cannot be decoded, or `width` is out of range.
   */
  async jpeg(stream: Stream, { width, waitMs = DEFAULT_WAIT_MS }: SnapshotRequest = {}): Promise<Snapshot> {
    const { min, max } = SNAPSHOT_WIDTH;
    if (width !== undefined && !(Number.isInteger(width) && width >= min && width <= max)) {
      throw new SnapshotError(
        'ERR_SNAPSHOT_WIDTH',
        `the width of a snapshot is from ${min} to ${max} pixels`,
      );
    }
    const live = keyPictureOf(stream) ?? (await nextKeyPicture(stream, waitMs));
    const unit = live ?? this.#last.get(stream.id);
    if (unit === undefined) {
      throw new SnapshotError('ERR_SNAPSHOT_NO_PICTURE', `there is no picture of ${stream.id} yet`);
    }
    const found = this.#make(stream.id, unit, width);
    const jpeg = await found.jpeg;
    if (live !== undefined) this.#keep(stream.id, live);
    return { jpeg, takenAtMs: found.takenAtMs, isLive: live !== undefined };
  }

  /** The camera is gone for good: forgets its pictures. */
  forget(camera: string): void {
    this.#drop(camera);
    for (const key of this.#cache.keys()) if (key.startsWith(`${camera} `)) this.#cache.delete(key);
  }

  #make(camera: string, unit: AccessUnit, width: number | undefined): CachedJpeg {
    const key = `${camera} ${width ?? 'full'}`;
    const cached = this.#cache.get(key);
    const nowMs = this.#now();
    if (cached !== undefined && (cached.pts === unit.pts || nowMs - cached.madeAtMs < MAX_AGE_MS))
      return cached;
    const made: CachedJpeg = {
      pts: unit.pts,
      takenAtMs: unit.wallClockMs,
      madeAtMs: nowMs,
      jpeg: this.#decode(camera, unit, width),
    };
    this.#cache.delete(key);
    this.#cache.set(key, made);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > MAX_CACHED && oldest !== undefined) this.#cache.delete(oldest);
    // A failure is not kept: the next one to ask may find a better picture, or a worker.
    made.jpeg.catch(() => {
      if (this.#cache.get(key) === made) this.#cache.delete(key);
    });
    return made;
  }

  async #decode(camera: string, unit: AccessUnit, width: number | undefined): Promise<Buffer> {
    const { kind, codec } = unit.track;
    if (kind !== 'video') throw new SnapshotError('ERR_SNAPSHOT_NO_PICTURE', `${camera} has no pictures`);
    if (codec === 'mjpeg' && width === undefined) return Buffer.concat(unit.data);
    try {
      const { attachment } = await this.#studio.use(camera, (link) =>
        link.request('snapshot', width === undefined ? { codec } : { codec, width }, {
          attachment: decodable(unit.track, unit.data),
          timeoutMs: DECODE_TIMEOUT_MS,
        }),
      );
      return Buffer.from(attachment);
    } catch (error) {
      throw asSnapshotError(error);
    }
  }

  #keep(camera: string, unit: AccessUnit): void {
    if (this.#last.get(camera)?.pts === unit.pts || unit.byteLength > MAX_LAST_BYTES / 4) return;
    this.#drop(camera);
    // A copy: views would keep the chunks of their socket alive.
    const data = unit.data.map((nal) => Uint8Array.from(nal));
    this.#last.set(camera, { ...unit, data });
    this.#lastBytes += unit.byteLength;
    for (const [oldest] of this.#last) {
      if (this.#lastBytes <= MAX_LAST_BYTES) return;
      this.#drop(oldest);
    }
  }

  #drop(camera: string): void {
    this.#lastBytes -= this.#last.get(camera)?.byteLength ?? 0;
    this.#last.delete(camera);
  }
}

function keyPictureOf(stream: Stream): AccessUnit | undefined {
  return stream.cachedUnits.find((unit) => unit.track.kind === 'video' && unit.isRandomAccess);
}

/** The next key picture, which a camera made on demand starts for; `undefined` if none comes in time. */
async function nextKeyPicture(stream: Stream, waitMs: number): Promise<AccessUnit | undefined> {
  if (waitMs <= 0) return undefined;
  const { promise, resolve } = Promise.withResolvers<AccessUnit | undefined>();
  const reader: Reader = {
    name: 'snapshot',
    onTracks: () => undefined,
    onUnit: (unit) => {
      if (unit.track.kind === 'video' && unit.isRandomAccess) resolve(unit);
    },
    onEnd: () => resolve(undefined),
  };
  const timer = setTimeout(() => resolve(undefined), waitMs);
  stream.addReader(reader);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    stream.removeReader(reader);
  }
}

const START_CODE = Uint8Array.of(0, 0, 0, 1);

/** As a decoder takes it, in parts, none of them copied: NAL units as an Annex B stream. */
function decodable(track: Track, data: readonly Uint8Array[]): Uint8Array[] {
  return isNalTrack(track) ? data.flatMap((nal) => [START_CODE, nal]) : [...data];
}

function asSnapshotError(error: unknown): Error {
  if (!(error instanceof LinkError)) return error instanceof Error ? error : new Error(String(error));
  // What the worker itself says is about the picture; what the link says is about the worker.
  const code = error.code === 'ERR_MEDIA' ? 'ERR_SNAPSHOT_DECODE' : error.code;
  return new SnapshotError(code, error.message, { cause: error });
}
