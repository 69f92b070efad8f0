const POLL_MS = 250;
/** Without a frame for this many usual frame intervals, pictures have stopped. */
const STALL_INTERVALS = 6;
const STALL_MAX_MS = 15_000;

export interface FrameWatchOptions {
  /** Shortest silence that counts; slow cameras get more, by their own rhythm. */
  readonly stallAfterMs: number;
  readonly onFirstFrame: () => void;
  readonly onStall: (isStalled: boolean) => void;
}

/**
 * Notices the first frame of a `<video>` and when frames stop and come back. It reads one counter
 * four times a second: sixteen of these cost nothing, unlike a callback per frame.
 */
export class FrameWatch {
  readonly #video: HTMLVideoElement;
  readonly #options: FrameWatchOptions;
  #timer: ReturnType<typeof setInterval> | undefined;
  #callback: number | undefined;
  #firstFrameAtMs: number | undefined;
  #frames = 0;
  #lastChangeMs = 0;
  #isStalled = false;

  constructor(video: HTMLVideoElement, options: FrameWatchOptions) {
    this.#video = video;
    this.#options = options;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#poll(performance.now()), POLL_MS);
    // Older Firefox has no such callback; the poll finds the first frame a little later there.
    if ('requestVideoFrameCallback' in this.#video) {
      this.#callback = this.#video.requestVideoFrameCallback((nowMs) => this.#firstFrame(nowMs));
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#callback !== undefined) this.#video.cancelVideoFrameCallback(this.#callback);
    this.#callback = undefined;
  }

  #firstFrame(nowMs: number): void {
    if (this.#firstFrameAtMs !== undefined || this.#timer === undefined) return;
    this.#firstFrameAtMs = nowMs;
    this.#lastChangeMs = nowMs;
    this.#options.onFirstFrame();
  }

  #poll(nowMs: number): void {
    const frames = this.#video.getVideoPlaybackQuality().totalVideoFrames;
    const isHidden = document.hidden && document.pictureInPictureElement !== this.#video;
    if (frames !== this.#frames || isHidden) {
      this.#frames = frames;
      this.#lastChangeMs = nowMs;
      if (frames > 0) this.#firstFrame(nowMs);
      this.#report(false);
    } else if (this.#firstFrameAtMs !== undefined && nowMs - this.#lastChangeMs > this.#patienceMs()) {
      this.#report(true);
    }
  }

  #patienceMs(): number {
    const playedMs = this.#lastChangeMs - (this.#firstFrameAtMs ?? this.#lastChangeMs);
    const usualIntervalMs = this.#frames > 1 ? playedMs / (this.#frames - 1) : 0;
    return Math.max(this.#options.stallAfterMs, Math.min(STALL_MAX_MS, STALL_INTERVALS * usualIntervalMs));
  }

  #report(isStalled: boolean): void {
    if (this.#isStalled === isStalled) return;
    this.#isStalled = isStalled;
    this.#options.onStall(isStalled);
  }
}
