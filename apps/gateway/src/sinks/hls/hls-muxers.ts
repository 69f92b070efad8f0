import type { Track } from '@vedette/media';
import type { Logger } from '../../observability/logger.ts';
import { steadyClock, type Clock, type Stream } from '../../stream/stream.ts';
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
  /** Streams whose lack of sound has been logged. */
  readonly #silent = new WeakSet<Stream>();
  #lastRun = 0;
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
    for (const { muxer } of this.#entries.values()) {
      bytes += muxer.byteLength;
      waits += muxer.waits;
    }
    return { muxers: this.#entries.size, bytes, waits };
  }

  /** The stream's muxer, made if need be; the call counts as use, so it stays for a while. */
  open(stream: Stream): HlsMuxer {
    const nowMs = this.#clock();
    const known = this.#entries.get(stream);
    if (known !== undefined) {
      known.lastUsedMs = nowMs;
      return known.muxer;
    }
    // A second per segment is more than any stream uses: numbers grow across muxers and restarts.
    this.#lastRun = Math.max(Math.floor(nowMs / 1000), this.#lastRun + 1);
    const sibling = [...this.#entries.values()].find(({ muxer }) => muxer.stream.origin === stream.origin);
    const schedule = sibling?.muxer.schedule;
    const muxer = new HlsMuxer(stream, this.#lastRun, this.#options, this.#hooks, schedule);
    if (this.#isClosed) {
      muxer.close();
      return muxer;
    }
    this.#entries.set(stream, { muxer, lastUsedMs: nowMs });
    stream.addReader(muxer);
    this.#sweeper ??= setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
    return muxer;
  }

  /** Closes what nobody has used for a while. Called by a timer; tests call it with a clock of their own. */
  sweep(): void {
    const nowMs = this.#clock();
    for (const [stream, entry] of this.#entries) {
      const { muxer } = entry;
      if (muxer.waits > 0) entry.lastUsedMs = nowMs;
      const lingerMs = Math.max(this.#options.lingerMs, 3 * muxer.targetDuration * 1000);
      if (nowMs - entry.lastUsedMs > lingerMs) this.#drop(stream, muxer);
    }
    if (this.#entries.size === 0) this.#stopSweeping();
  }

  /** Closes all muxers: who waits is answered. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    for (const [stream, { muxer }] of this.#entries) this.#drop(stream, muxer);
    this.#stopSweeping();
  }

  #drop(stream: Stream, muxer: HlsMuxer): void {
    this.#entries.delete(stream);
    stream.removeReader(muxer);
    muxer.close();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
