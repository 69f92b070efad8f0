import type { default as Hls, Events } from 'hls.js';
import { FrameWatch } from '../player/frame-watch.ts';
import { videoCodecName } from '../player/codec-name.ts';
import type {
  Playback,
  PlaybackFailure,
  PlaybackListener,
  PlaybackStats,
  QualityWish,
} from '../player/playback.ts';
import { hlsLevel, hlsQuality } from './hls-quality.ts';
import { hlsFailure } from './hls-failure.ts';
import { LineMeter, measuringLoader } from './line-meter.ts';
import { LivePace } from './live-pace.ts';

/** LL-HLS waits out what WebRTC would lose: silence says less here. */
const STALL_MS = 4000;
const PACE_EVERY_MS = 250;
/** Bits a second that a line is thought to carry until it is measured. */
const FIRST_ESTIMATE = 10e6;
/** Of what has been played: kept at least, and at most. */
const KEPT_SECONDS = 4;
const KEPT_MOST_SECONDS = 10;
/** A part that ends this close to the playlist's end is its last one. */
const AT_EDGE_SECONDS = 0.05;

const HLS_TYPE = 'application/vnd.apple.mpegurl';

/** Whether media source extensions of any kind are there; hls.js plays on both. */
export function hasMediaSource(): boolean {
  return 'ManagedMediaSource' in globalThis || 'MediaSource' in globalThis;
}

/** Safari on older iPhones: HLS in the `<video>` itself, and nothing else. */
export function hasNativeHls(): boolean {
  return document.createElement('video').canPlayType(HLS_TYPE) !== '';
}

/** Fetches hls.js ahead of its use. */
export async function preloadHls(): Promise<typeof Hls> {
  return (await import('hls.js')).default;
}

/** Plays low-latency HLS: by hls.js, which is loaded when first needed, or by the browser itself. */
export class HlsPlayback implements Playback {
  readonly protocol = 'hls';
  readonly video: HTMLVideoElement;
  readonly #url: string;
  readonly #listener: PlaybackListener;
  readonly #frames: FrameWatch;
  readonly #closed = new AbortController();
  #hls: Hls | undefined;
  readonly #pace = new LivePace();
  #paceTimer: ReturnType<typeof setInterval> | undefined;
  #wish: QualityWish;
  #hasRecovered = false;
  #codec: string | undefined;
  #bytes = 0;
  #lastSample: { atMs: number; bytes: number; frames: number } | undefined;

  constructor(url: string, video: HTMLVideoElement, listener: PlaybackListener, wish: QualityWish) {
    this.#wish = wish;
    this.#url = url;
    this.video = video;
    this.#listener = listener;
    this.#frames = new FrameWatch(video, {
      stallAfterMs: STALL_MS,
      onFirstFrame: () => listener.onFirstFrame(),
      onStall: (isStalled) => listener.onStall(isStalled),
    });
  }

  open(): void {
    this.#frames.start();
    if (hasMediaSource()) {
      this.#openHls().catch(() => this.#fail({ kind: 'unreachable' }));
      return;
    }
    const { signal } = this.#closed;
    this.video.addEventListener('error', () => this.#fail(this.#nativeFailure()), { signal });
    this.video.src = this.#url;
    this.#play();
  }

  setQuality(wish: QualityWish): void {
    this.#wish = wish;
    const hls = this.#hls;
    if (hls === undefined) return;
    // The next segment is the other one: nothing that is buffered is thrown away.
    hls.nextLevel = hlsLevel(hls.levels, wish.quality);
    this.#tellQuality(hls);
  }

  stats(): Promise<PlaybackStats> {
    const { totalVideoFrames: frames, droppedVideoFrames } = this.video.getVideoPlaybackQuality();
    const now = { atMs: performance.now(), bytes: this.#bytes, frames };
    const before = this.#lastSample;
    this.#lastSample = now;
    const latencyMs = this.#latencyMs();
    const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
    return Promise.resolve({
      protocol: 'hls',
      width: this.video.videoWidth,
      height: this.video.videoHeight,
      droppedFrames: droppedVideoFrames,
      ...(this.#codec === undefined ? {} : { codec: this.#codec }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
      ...(before === undefined || seconds <= 0
        ? {}
        : {
            frameRate: (now.frames - before.frames) / seconds,
            ...(this.#hls === undefined ? {} : { bitrate: ((now.bytes - before.bytes) * 8) / seconds }),
          }),
    });
  }

  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#frames.stop();
    clearInterval(this.#paceTimer);
    this.#hls?.destroy();
    this.#hls = undefined;
    this.video.removeAttribute('src');
    this.video.load();
  }

  async #openHls(): Promise<void> {
    const Player = await preloadHls();
    if (this.#closed.signal.aborted) return;
    const line = new LineMeter();
    const hls = new Player({
      lowLatencyMode: true,
      fLoader: measuringLoader(Player.DefaultConfig.loader, (bytes, seconds) => {
        line.add(bytes, seconds);
        const cap = line.cap(hls.levels);
        if (cap === hls.autoLevelCapping) return;
        hls.autoLevelCapping = cap;
        // Nor is what hls.js thinks of the line to hold it down.
        hls.bandwidthEstimate = FIRST_ESTIMATE;
      }),
      // fMP4 goes through as it is: a worker per tile would only cost memory.
      enableWorker: false,
      // Begins with what the camera sends; a line that can't carry that is noticed soon.
      abrEwmaDefaultEstimate: FIRST_ESTIMATE,
      // Where to be is the playlist's PART-HOLD-BACK; how to get there is LivePace's business.
      maxLiveSyncPlaybackRate: 1,
      liveSyncMode: 'edge',
      // Every stall moves that place back, by a part and not by a segment.
      liveSyncOnStallIncrease: 0.2,
      maxBufferLength: 8,
      // Never: see #forgetPlayed.
      backBufferLength: Infinity,
      // One try each: the player above decides what happens next, and sooner.
      manifestLoadPolicy: {
        default: { maxTimeToFirstByteMs: 5000, maxLoadTimeMs: 8000, timeoutRetry: null, errorRetry: null },
      },
    });
    this.#hls = hls;
    const { Events, ErrorTypes } = Player;
    hls.on(Events.FRAG_BUFFERED, (_event, { stats, part }) => {
      this.#bytes += stats.loaded;
      const hasNext = part !== null && part.end < (hls.latestLevelDetails?.partEnd ?? 0) - AT_EDGE_SECONDS;
      if (!hasNext) this.#forgetPlayed(hls, Events.BUFFER_FLUSHING);
    });
    hls.on(Events.BUFFER_CREATED, (_event, { tracks }) => {
      this.#codec = videoCodecName((tracks.video ?? tracks.audiovideo)?.codec ?? '');
    });
    hls.on(Events.MANIFEST_PARSED, () => {
      if (this.#wish.quality !== 'auto') hls.startLevel = hlsLevel(hls.levels, this.#wish.quality);
      this.setQuality(this.#wish);
    });
    hls.on(Events.LEVEL_SWITCHED, () => this.#tellQuality(hls));
    hls.on(Events.ERROR, (_event, error) => {
      if (!error.fatal) return;
      if (error.type === ErrorTypes.MEDIA_ERROR && !this.#hasRecovered) {
        this.#hasRecovered = true;
        hls.recoverMediaError();
        return;
      }
      this.#fail(hlsFailure(error.type === ErrorTypes.NETWORK_ERROR, error.response?.code, error.details));
    });
    hls.loadSource(this.#url);
    hls.attachMedia(this.video);
    this.#paceTimer = setInterval(() => this.#keepPace(), PACE_EVERY_MS);
    this.#play();
  }

  #tellQuality(hls: Hls): void {
    this.#listener.onQuality?.(hlsQuality(hls.levels, hls.currentLevel, this.#wish.quality));
  }

  #play(): void {
    // Refused only where the browser wants a click first; the video is muted then, and starts by itself.
    this.video.play().catch(() => undefined);
  }

  #keepPace(): void {
    const { video } = this;
    const target = this.#hls?.liveSyncPosition;
    const { buffered, currentTime } = video;
    if (typeof target !== 'number' || buffered.length === 0 || video.seeking) return;
    const ahead = buffered.end(buffered.length - 1) - currentTime;
    const pace = this.#pace.next({ behind: target - currentTime, ahead });
    if (pace.action === 'jump') video.currentTime = target;
    else if (video.playbackRate !== pace.rate) video.playbackRate = pace.rate;
  }

  /**
   * Removes what was played from the buffer. hls.js does so at any moment; while a part is on its way into the
   * buffer, that makes it forget the parts of the same segment before it (1.7.4, `detectEvictedFragments`) and
   * wait at the segment's end for good. Called right after the last part so far, it is as far from the next
   * one as can be.
   */
  #forgetPlayed(hls: Hls, flush: Events.BUFFER_FLUSHING): void {
    const { buffered, currentTime } = this.video;
    if (buffered.length === 0 || buffered.start(0) > currentTime - KEPT_MOST_SECONDS) return;
    hls.trigger(flush, { startOffset: 0, endOffset: currentTime - KEPT_SECONDS, type: null });
  }

  /** Behind the camera's clock, by `EXT-X-PROGRAM-DATE-TIME`. */
  #latencyMs(): number | undefined {
    const playing = this.#hls?.playingDate?.getTime() ?? this.#nativeDateMs();
    return playing === undefined ? undefined : Math.max(0, Date.now() - playing);
  }

  #nativeDateMs(): number | undefined {
    const { video } = this;
    if (!('getStartDate' in video) || typeof video.getStartDate !== 'function') return undefined;
    const start: unknown = (video.getStartDate as () => unknown)();
    if (!(start instanceof Date) || Number.isNaN(start.getTime())) return undefined;
    return start.getTime() + video.currentTime * 1000;
  }

  #nativeFailure(): PlaybackFailure {
    // The browser says no more than that it failed: a missing playlist looks like a codec it lacks.
    return this.video.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED
      ? { kind: 'refused', reason: this.video.error.message }
      : { kind: 'lost' };
  }

  #fail(failure: PlaybackFailure): void {
    if (!this.#closed.signal.aborted) this.#listener.onFailure(failure);
  }
}
