import { type AccessUnit, type Track } from '@vedette/media';
import { GopCache } from './gop-cache.ts';
import { LiveWaits } from './live-waits.ts';
import type { Reader } from './reader.ts';
import { WallClock } from './wall-clock.ts';

/** Milliseconds since the Unix epoch, with fraction, never stepping back. */
export type Clock = () => number;

/** The process's steady wall clock: read once at start, then advanced by the monotonic clock. */
export const steadyClock: Clock = () => performance.timeOrigin + performance.now();

/** A group of pictures that has gone on for longer is asked to end where a reader joins. */
const OLD_GROUP_MS = 4000;

export interface StreamOptions {
  /** Id of the camera whose live media this is. */
  readonly id: string;
  readonly clock?: Clock;
  readonly gopCache?: GopCache;
  /** Another stream of the same camera whose zero of time this one takes over, as near as arrival tells. */
  readonly alignedWith?: Stream;
  /** The stream that this one is made of. */
  readonly madeOf?: Stream;
  /** Told when somebody begins to want the stream (a reader, or a wait for it) and when nobody does any more. */
  readonly onDemand?: (isWanted: boolean) => void;
  /** Told of a reader that threw, after it was taken off. */
  readonly onReaderFault?: (reader: Reader, error: unknown) => void;
}

/** Running totals of a stream since it was made. */
export interface StreamCounters {
  readonly bytes: number;
  readonly videoUnits: number;
  readonly audioUnits: number;
  readonly randomAccessUnits: number;
}

/** How a source opens a stream. */
export interface OpenOptions {
  /** The stream is made from this one and keeps its time line and wall clock. */
  readonly inTimeOf?: Stream | undefined;
  /** Somebody could begin if there were a random access point now: the source asks its peer for one, at its own pace. */
  readonly onKeyFrameWanted?: (() => void) | undefined;
}

/** One source's hold on a stream, from its first tracks to its end. */
export interface Feed {
  /** Hands one unit to every reader. `unit` belongs to the stream from here on. */
  write(unit: AccessUnit): void;
  /**
   * The camera's clock: its sender report says that `pts` of `track` was captured at `unixMs`.
   */
  report(track: Track, pts: number, unixMs: number): void;
  /** The source is gone. Readers stay and wait for the next one. Safe to call twice. */
  close(): void;
}

interface Attachment {
  readonly reader: Reader;
  awaitsRandomAccess: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The live media of one camera: takes access units from one source at a time and hands them to any
 * number of readers.
 *
 * A stream lives as long as its camera, not as its source: when a camera reconnects, readers
 * stay attached and time goes on (the new source's PTS are moved behind the old one's, by the wall
 * clock time that passed), so that a viewer sees a pause and not an end.
 */
export class Stream {
  readonly id: string;
  readonly #clock: Clock;
  readonly #gop: GopCache;
  readonly #wallClock = new WallClock();
  readonly #onReaderFault: (reader: Reader, error: unknown) => void;
  #attachments: readonly Attachment[] = [];
  #tracks: readonly Track[] = [];
  #hasVideo = false;
  #feed: SourceFeed | undefined;
  #inTimeOf: Stream | undefined;
  #isEnded = false;
  #epochMs: number | undefined;
  #lastEndMs = 0;
  #bytes = 0;
  #videoUnits = 0;
  #audioUnits = 0;
  #randomAccessUnits = 0;
  #lastPictureMs: number | undefined;
  /** When the last random access point came. */
  #entryMs = Number.NEGATIVE_INFINITY;
  readonly #waits = new LiveWaits(() => this.#updateDemand());
  readonly #alignedWith: Stream | undefined;
  readonly #madeOf: Stream | undefined;
  readonly #onDemand: (isWanted: boolean) => void;
  #isWanted = false;
  /** Readers that are being attached. */
  #arriving = 0;

  constructor({
    id,
    clock = steadyClock,
    gopCache = new GopCache(),
    alignedWith,
    madeOf,
    onDemand,
    onReaderFault,
  }: StreamOptions) {
    this.id = id;
    this.#clock = clock;
    this.#gop = gopCache;
    this.#alignedWith = alignedWith;
    this.#madeOf = madeOf;
    this.#onDemand = onDemand ?? (() => undefined);
    this.#onReaderFault = onReaderFault ?? (() => undefined);
  }

  /** The stream that this one is made of in the end; itself where it is made of none. */
  get origin(): Stream {
    return this.#madeOf?.origin ?? this;
  }

  /** When its time began, ms since the Unix epoch; `undefined` before the first source. */
  get epochMs(): number | undefined {
    return this.#epochMs;
  }

  /** A source feeds the stream now. */
  get isLive(): boolean {
    return this.#feed !== undefined;
  }

  /** A reader is attached, or somebody waits for the stream to become live. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Tracks of the present source, or of the last one; empty before the first. */
  get tracks(): readonly Track[] {
    return this.#tracks;
  }

  get readerCount(): number {
    return this.#attachments.length;
  }

  /** Bytes held by the GOP cache. */
  get cachedBytes(): number {
    return this.#gop.byteLength;
  }

  /** Units from the last random access point on; do not modify. */
  get cachedUnits(): readonly AccessUnit[] {
    return this.#gop.units;
  }

  /** When the last picture was written, ms since the Unix epoch; `undefined` before the first. */
  get lastPictureMs(): number | undefined {
    return this.#lastPictureMs;
  }

  /** When the last picture came that decoding can start at, ms since the Unix epoch. */
  get lastEntryMs(): number {
    return this.#entryMs;
  }

  get clockSource(): WallClock['source'] {
    return this.#inTimeOf?.clockSource ?? this.#wallClock.source;
  }

  /**
   * Wall clock of an instant of the stream, ms since the Unix epoch, to tell peers; `undefined` as long as the
   * camera's first report may still overturn it.
   */
  wallClockAt(streamMs: number): number | undefined {
    if (this.#inTimeOf !== undefined) return this.#inTimeOf.wallClockAt(streamMs);
    return this.#wallClock.isSettled(this.#clock()) ? this.#wallClock.at(streamMs) : undefined;
  }

  get counters(): StreamCounters {
    return {
      bytes: this.#bytes,
      videoUnits: this.#videoUnits,
      audioUnits: this.#audioUnits,
      randomAccessUnits: this.#randomAccessUnits,
    };
  }

  /**
   * A source begins: declares its tracks (ids 0…n−1 in order) and feeds the stream from now on.
   * A source that still feeds it is cut off first (takeover is the caller's decision).
   *
   * @param inTimeOf the stream that this one is made of: the units come with its times and its wall clock, and
   * both are kept, so that everything made of one stream stays in step.
   * @throws {Error} the stream has ended.
   */
  open(tracks: readonly Track[], { inTimeOf, onKeyFrameWanted }: OpenOptions = {}): Feed {
    if (this.#isEnded) throw this.#endError();
    this.#feed?.close();
    this.#gop.clear();
    this.#wallClock.reset();
    const nowMs = this.#clock();
    const isAligned = this.#alignedWith !== undefined;
    this.#epochMs ??= this.#alignedWith?.epochMs ?? nowMs;
    const baseMs = this.#bytes === 0 && !isAligned ? 0 : Math.max(this.#lastEndMs, nowMs - this.#epochMs);
    const feed = new SourceFeed(this, inTimeOf === undefined ? baseMs : 0, onKeyFrameWanted);
    this.#inTimeOf = inTimeOf;
    this.#feed = feed;
    for (const attachment of this.#attachments) attachment.awaitsRandomAccess = true;
    this.#setTracks(tracks);
    // Whoever was told the tracks may have closed it again.
    if (this.isLive) this.#waits.admit();
    return feed;
  }

  /**
   * Resolves once the stream is live (at once if it is); rejects when `signal` aborts, when the stream ends, and when
   * an attempt of its source fails: nobody waits for a time-out who can be told.
   */
  async live(signal: AbortSignal): Promise<void> {
    if (this.isLive) return;
    if (this.#isEnded) throw this.#endError();
    await this.#waits.join(signal);
  }

  /** The source could not be had: those who wait for it are told. They may wait again, for its next attempt. */
  disappoint(reason: string): void {
    this.#waits.refuse(new Error(reason));
  }

  /**
   * Attaches a reader: before this returns it has been told the tracks (if there are any) and been
   * given the GOP cache. Attaching twice is an error of the caller and ignored.
   */
  addReader(reader: Reader): void {
    if (this.#isEnded) {
      reader.onEnd('stream ended');
      return;
    }
    if (this.#attachments.some((attachment) => attachment.reader === reader)) return;
    // Whoever feeds the stream on demand may do so at once: this reader gets all that from the cache.
    this.#arriving += 1;
    this.#updateDemand();
    this.#arriving -= 1;
    const attachment: Attachment = { reader, awaitsRandomAccess: this.#hasVideo };
    // Copy on write: a reader may come or go while units are being handed out.
    this.#attachments = [...this.#attachments, attachment];
    try {
      if (this.#tracks.length > 0) reader.onTracks(this.#tracks);
      const { units } = this.#gop;
      if (units.length > 0) attachment.awaitsRandomAccess = false;
      for (const unit of units) reader.onUnit(unit, true);
      if (this.#hasVideo && this.#clock() - this.#entryMs > OLD_GROUP_MS) this.requestKeyFrame();
    } catch (error) {
      this.#fault(reader, error);
    }
  }

  /** Asks the source for a random access point; sources that cannot ask their peer do nothing. */
  requestKeyFrame(): void {
    this.#feed?.onKeyFrameWanted?.();
  }

  /** Detaches a reader; it hears nothing more. Unknown readers are ignored. */
  removeReader(reader: Reader): void {
    this.#attachments = this.#attachments.filter((attachment) => attachment.reader !== reader);
    this.#updateDemand();
  }

  /** Ends the stream for good: the camera is gone. Safe to call twice. */
  end(reason: string): void {
    if (this.#isEnded) return;
    this.#feed?.close();
    this.#isEnded = true;
    const attachments = this.#attachments;
    this.#attachments = [];
    this.#gop.clear();
    for (const { reader } of attachments) {
      try {
        reader.onEnd(reason);
      } catch (error) {
        this.#onReaderFault(reader, error);
      }
    }
    this.#waits.refuse(this.#endError());
  }

  /** @internal Called by the feed only. */
  accept(feed: SourceFeed, unit: Writable<AccessUnit>): void {
    if (feed !== this.#feed) return;
    const { track } = unit;
    const { clockRate } = track;
    const baseTicks = Math.round((feed.baseMs * clockRate) / 1000);
    unit.pts += baseTicks;
    unit.dts += baseTicks;
    const streamMs = (unit.pts * 1000) / clockRate;
    const nowMs = this.#clock();
    if (this.#inTimeOf === undefined) {
      this.#wallClock.observe(streamMs, nowMs);
      unit.wallClockMs = this.#wallClock.at(streamMs);
    }
    if (streamMs > this.#lastEndMs) this.#lastEndMs = streamMs;
    if (track.kind === 'video') this.#lastPictureMs = nowMs;
    if (track.kind === 'video' && unit.isRandomAccess) this.#entryMs = nowMs;

    if (this.#tracks[track.id] !== track) this.#replaceTrack(track);
    this.#count(unit);
    this.#gop.push(unit);
    this.#distribute(unit);
  }

  /** @internal Called by the feed only. */
  acceptReport(feed: SourceFeed, track: Track, pts: number, unixMs: number): void {
    if (feed !== this.#feed) return;
    this.#wallClock.report(feed.baseMs + (pts * 1000) / track.clockRate, unixMs, this.#clock());
  }

  /** @internal Called by the feed only. */
  release(feed: SourceFeed): void {
    if (feed !== this.#feed) return;
    this.#feed = undefined;
    // What is cached now is the past: a viewer who comes later must not be shown it as live.
    this.#gop.clear();
    for (const { reader } of this.#attachments) {
      try {
        reader.onSourceGone?.();
      } catch (error) {
        this.#fault(reader, error);
      }
    }
  }

  #endError(): Error {
    return new Error(`stream ${this.id} has ended`);
  }

  #updateDemand(): void {
    const isWanted = !this.#isEnded && this.#attachments.length + this.#arriving + this.#waits.size > 0;
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    this.#onDemand(isWanted);
  }

  #count(unit: AccessUnit): void {
    this.#bytes += unit.byteLength;
    if (unit.track.kind === 'audio') {
      this.#audioUnits += 1;
      return;
    }
    this.#videoUnits += 1;
    if (unit.isRandomAccess) this.#randomAccessUnits += 1;
  }

  #distribute(unit: AccessUnit): void {
    const isEntry = unit.isRandomAccess && (unit.track.kind === 'video' || !this.#hasVideo);
    for (const attachment of this.#attachments) {
      if (attachment.awaitsRandomAccess) {
        if (!isEntry) continue;
        attachment.awaitsRandomAccess = false;
      }
      try {
        attachment.reader.onUnit(unit, false);
      } catch (error) {
        this.#fault(attachment.reader, error);
      }
    }
  }

  #setTracks(tracks: readonly Track[]): void {
    this.#tracks = tracks;
    this.#hasVideo = tracks.some((track) => track.kind === 'video');
    for (const { reader } of this.#attachments) {
      try {
        reader.onTracks(tracks);
      } catch (error) {
        this.#fault(reader, error);
      }
    }
  }

  #replaceTrack(track: Track): void {
    this.#setTracks(this.#tracks.map((known) => (known.id === track.id ? track : known)));
  }

  #fault(reader: Reader, error: unknown): void {
    this.removeReader(reader);
    this.#onReaderFault(reader, error);
  }
}

class SourceFeed implements Feed {
  readonly baseMs: number;
  readonly onKeyFrameWanted: (() => void) | undefined;
  readonly #stream: Stream;

  constructor(stream: Stream, baseMs: number, onKeyFrameWanted: (() => void) | undefined) {
    this.#stream = stream;
    this.baseMs = baseMs;
    this.onKeyFrameWanted = onKeyFrameWanted;
  }

  write(unit: AccessUnit): void {
    this.#stream.accept(this, unit);
  }

  report(track: Track, pts: number, unixMs: number): void {
    this.#stream.acceptReport(this, track, pts, unixMs);
  }

  close(): void {
    this.#stream.release(this);
  }
}
