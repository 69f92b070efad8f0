import type { Track } from '@vedette/media';
import type { Logger } from '../../observability/logger.ts';
import { steadyClock, type Clock, type Stream } from '../../stream/stream.ts';
import { segmentSecondsOf } from './segment-seconds.ts';
import { HlsMuxer, type HlsMuxerHooks } from './hls-muxer.ts';
import { HLS_DEFAULTS, type HlsOptions } from './hls-options.ts';

export interface HlsMuxersOptions extends Partial<HlsOptions> {
  readonly logger: Logger;
  /** Numbers segments, so it should not go back between two starts of the program. */
  readonly clock?: Clock;
}

/** What all muxers cost now. */
export interface HlsUsage {
  readonly muxers: number;
  /** Media bytes held. */
  readonly bytes: number;
  /** Requests that wait. */
  readonly waits: number;
}

interface Entry {
  readonly muxer: HlsMuxer;
  lastUsedMs: number;
}

const SWEEP_INTERVAL_MS = 1000;

/** The muxers of all streams: made when somebody asks, closed when nobody has asked for a while. */
export class HlsMuxers {
  readonly #options: HlsOptions;
  readonly #hooks: HlsMuxerHooks;
  readonly #clock: Clock;
  readonly #entries = new Map<Stream, Entry>();
  /** Muxers of streams whose entry above has another's media in it, for those who want none of that. */
  readonly #pure = new Map<Stream, Entry>();
  /** Streams whose lack of sound has been logged. */
  readonly #silent = new WeakSet<Stream>();
  #lastRun = 0;
  /** How far the media sequence numbers of a camera had come when a muxer of it was closed. */
  readonly #counts = new WeakMap<Stream, { readonly msn: number; readonly atMs: number }>();
  #sweeper: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ logger, clock = steadyClock, ...options }: HlsMuxersOptions) {
    this.#options = { ...HLS_DEFAULTS, ...options };
    this.#clock = clock;
    this.#hooks = {
      onSilent: (stream, track: Track) => {
        if (this.#silent.has(stream)) return;
        this.#silent.add(stream);
        logger.warn(
          { camera: stream.id, codec: track.codec },
          'HLS shows the camera without sound: browsers cannot play its audio',
        );
      },
      onFault: (stream, error) => {
        logger.warn({ camera: stream.id, err: error }, 'HLS cannot show the camera');
      },
    };
  }

  get usage(): HlsUsage {
    let [bytes, waits] = [0, 0];
    for (const { muxer } of this.#all()) {
      bytes += muxer.byteLength;
      waits += muxer.waits;
    }
    return { muxers: this.#entries.size + this.#pure.size, bytes, waits };
  }

  /**
   * The stream's muxer, made if need be; the call counts as use, so it stays for a while.
   *
   * @param isOfLadder for players that change between renditions: a new muxer lists another's media before its own.
   */
  open(stream: Stream, isOfLadder = false): HlsMuxer {
    const nowMs = this.#clock();
    const known = this.#find(stream, isOfLadder);
    if (known !== undefined) {
      known.lastUsedMs = nowMs;
      return known.muxer;
    }
    const siblings = [...this.#all()].filter(({ muxer }) => muxer.stream.origin === stream.origin);
    const lender = isOfLadder ? siblings.find((sibling) => sibling.muxer.canLend)?.muxer : undefined;
    const muxer = this.#make(stream, siblings[0]?.muxer);
    if (this.#isClosed) {
      muxer.close();
      return muxer;
    }
    const entries = this.#entries.has(stream) ? this.#pure : this.#entries;
    entries.set(stream, { muxer, lastUsedMs: nowMs });
    muxer.read(lender);
    this.#sweeper ??= setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
    return muxer;
  }

  /** Closes what nobody has used for a while. Called by a timer; tests call it with a clock of their own. */
  sweep(): void {
    const nowMs = this.#clock();
    for (const entry of [...this.#all()]) {
      const { muxer } = entry;
      if (muxer.waits > 0 || muxer.isLending) entry.lastUsedMs = nowMs;
      const lingerMs = Math.max(this.#options.lingerMs, 3 * muxer.targetDuration * 1000);
      if (nowMs - entry.lastUsedMs > lingerMs) this.#drop(muxer);
    }
    if (this.#entries.size + this.#pure.size === 0) this.#stopSweeping();
  }

  /** Closes all muxers: who waits is answered. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const { muxer } of [...this.#all()]) this.#drop(muxer);
    this.#stopSweeping();
  }

  *#all(): Generator<Entry> {
    yield* this.#entries.values();
    yield* this.#pure.values();
  }

  /** @param sibling another rendition's, whose numbers go on. */
  #make(stream: Stream, sibling: HlsMuxer | undefined): HlsMuxer {
    const nowMs = this.#clock();
    // Names are not used again, nor after a restart: what is made in a second goes on for longer.
    this.#lastRun = Math.max(Math.floor(nowMs / 1000), this.#lastRun + 1);
    const firstMsn = sibling?.newestMsn ?? this.#resumedMsn(stream, nowMs);
    const numbers = { run: this.#lastRun, firstMsn };
    return new HlsMuxer(stream, numbers, this.#options, this.#hooks, sibling?.schedule);
  }

  /**
   * The number of the next segment of a camera that has no muxer now. Its renditions count together, and the count goes
   * on as if there had been one: a player that returns to a rendition reckons by the time that passed how far its
   * numbers have come (hls.js), and others would send it into the past or the future.
   */
  #resumedMsn(stream: Stream, nowMs: number): number {
    const last = this.#counts.get(stream.origin);
    if (last === undefined) return Math.floor(nowMs / this.#options.segmentDurationMs);
    const missed = (nowMs - last.atMs) / 1000 / segmentSecondsOf(stream, this.#options);
    return last.msn + Math.max(1, Math.round(missed));
  }

  #find(stream: Stream, isOfLadder: boolean): Entry | undefined {
    const [entry, pure] = [this.#entries.get(stream), this.#pure.get(stream)];
    if (isOfLadder) return entry ?? pure;
    return pure ?? (entry?.muxer.hasBorrowed === true ? undefined : entry);
  }

  #drop(muxer: HlsMuxer): void {
    const { stream } = muxer;
    for (const entries of [this.#entries, this.#pure]) {
      if (entries.get(stream)?.muxer === muxer) entries.delete(stream);
    }
    stream.removeReader(muxer);
    this.#counts.set(stream.origin, { msn: muxer.newestMsn, atMs: this.#clock() });
    muxer.close();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
