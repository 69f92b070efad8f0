import { FrameWatch } from '../player/frame-watch.ts';
import type {
  Playback,
  PlaybackFailure,
  PlaybackListener,
  PlaybackStats,
  QualityWish,
} from '../player/playback.ts';
import { videoCodecName } from '../player/codec-name.ts';
import { EdgePace } from './edge-pace.ts';
import { FragmentBuffer, mediaSourceKind } from './fragment-buffer.ts';
import { captureTimeOf, mseFailure, type CaptureTime, type ServerMessage } from './mse-messages.ts';

/** Without a frame for this long something is wrong: pictures come as fast as by WebRTC. */
const STALL_MS = 2000;
const PACE_EVERY_MS = 100;
/** The gateway adapts the quality by what we say has arrived. */
const PROGRESS_EVERY_CALLS = 2;
/** Codecs that the gateway sends to those who play them; of everybody else's it makes H.264. */
const OPTIONAL_CODECS = ['hvc1.1.6.L93.B0', 'av01.0.04M.08', 'vp09.00.10.08'];

function playable(mimeType: string): boolean {
  return mediaSourceKind()?.isTypeSupported(mimeType) === true;
}

/** The WebSocket of `url`, which may be relative to the page. */
function socketUrl(url: string, { quality, maxHeight }: QualityWish): string {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const codecs = OPTIONAL_CODECS.filter((codec) => playable(`video/mp4; codecs="${codec}"`));
  if (codecs.length > 0) address.searchParams.set('codecs', codecs.map((codec) => codec.slice(0, 4)).join());
  if (quality !== 'auto') address.searchParams.set('quality', quality);
  if (maxHeight !== undefined) address.searchParams.set('maxHeight', String(maxHeight));
  return address.href;
}

/** Plays fragments of MP4 that come over a WebSocket as they are made: as quick as WebRTC, through any firewall. */
export class MsePlayback implements Playback {
  readonly protocol = 'mse';
  readonly video: HTMLVideoElement;
  readonly #url: string;
  readonly #listener: PlaybackListener;
  readonly #frames: FrameWatch;
  readonly #pace = new EdgePace();
  #wish: QualityWish;
  #socket: WebSocket | undefined;
  #buffer: FragmentBuffer | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;
  #hasFailed = false;
  #isPlaced = false;
  #hasStarved = false;
  #calls = 0;
  #units = 0;
  #bytes = 0;
  #codec: string | undefined;
  #timescale = 90_000;
  #captured: CaptureTime | undefined;
  #lastSample: { atMs: number; bytes: number; frames: number } | undefined;

  constructor(url: string, video: HTMLVideoElement, listener: PlaybackListener, wish: QualityWish) {
    this.#url = url;
    this.video = video;
    this.#listener = listener;
    this.#wish = wish;
    this.#frames = new FrameWatch(video, {
      stallAfterMs: STALL_MS,
      onFirstFrame: () => listener.onFirstFrame(),
      onStall: (isStalled) => listener.onStall(isStalled),
    });
  }

  open(): void {
    try {
      this.#buffer = new FragmentBuffer(this.video, () => this.#fail({ kind: 'lost' }));
      const socket = new WebSocket(socketUrl(this.#url, this.#wish));
      socket.binaryType = 'arraybuffer';
      socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => this.#onMessage(data));
      socket.addEventListener('close', () => this.#fail({ kind: 'lost' }));
      this.#socket = socket;
    } catch {
      this.#fail({ kind: 'unsupported', obstacle: { kind: 'browser' } });
      return;
    }
    this.#frames.start();
    this.video.addEventListener('waiting', () => (this.#hasStarved = this.#isPlaced && !this.video.seeking));
    this.#timer = setInterval(() => this.#tick(), PACE_EVERY_MS);
    this.video.play().catch(() => undefined);
  }

  setQuality(wish: QualityWish): void {
    this.#wish = wish;
    this.#send({
      type: 'quality',
      quality: wish.quality,
      ...(wish.maxHeight === undefined ? {} : { maxHeight: wish.maxHeight }),
    });
  }

  stats(): Promise<PlaybackStats> {
    const { totalVideoFrames: frames, droppedVideoFrames } = this.video.getVideoPlaybackQuality();
    const now = { atMs: performance.now(), bytes: this.#bytes, frames };
    const before = this.#lastSample;
    this.#lastSample = now;
    const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
    const latencyMs = this.#latencyMs();
    return Promise.resolve({
      protocol: 'mse',
      width: this.video.videoWidth,
      height: this.video.videoHeight,
      droppedFrames: droppedVideoFrames,
      ...(this.#codec === undefined ? {} : { codec: this.#codec }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
      ...(before === undefined || seconds <= 0
        ? {}
        : {
            frameRate: (now.frames - before.frames) / seconds,
            bitrate: ((now.bytes - before.bytes) * 8) / seconds,
          }),
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#frames.stop();
    this.#socket?.close();
    this.#buffer?.close();
  }

  #onMessage(data: unknown): void {
    if (this.#isClosed) return;
    if (data instanceof ArrayBuffer) this.#onBytes(data);
    else if (typeof data === 'string') this.#onText(JSON.parse(data) as ServerMessage);
  }

  #onBytes(bytes: ArrayBuffer): void {
    this.#units += 1;
    this.#bytes += bytes.byteLength;
    this.#captured = captureTimeOf(bytes) ?? this.#captured;
    this.#buffer?.append(bytes);
  }

  #onText(message: ServerMessage): void {
    switch (message.type) {
      case 'tracks':
        this.#onTracks(message);
        return;
      case 'quality':
        this.#listener.onQuality?.(message);
        return;
      case 'error':
        // While it plays it says that something else was refused; the end of the connection is told otherwise.
        if (this.#units === 0) this.#fail(mseFailure(message.code, message.message));
        return;
      case 'dropped':
    }
  }

  #onTracks({ mimeType, codecs, timescale }: Extract<ServerMessage, { type: 'tracks' }>): void {
    const codec = videoCodecName(codecs[0] ?? '');
    this.#codec = codec;
    this.#timescale = timescale;
    this.#captured = undefined;
    if (playable(mimeType)) this.#buffer?.setType(mimeType);
    else
      this.#fail({
        kind: 'unsupported',
        obstacle: codec === undefined ? { kind: 'codec' } : { kind: 'codec', codec },
      });
  }

  #tick(): void {
    this.#calls += 1;
    if (this.#calls % PROGRESS_EVERY_CALLS === 0 && this.#units > 0) {
      this.#send({ type: 'progress', units: this.#units });
    }
    this.#keepEdge();
  }

  #keepEdge(): void {
    const { video } = this;
    const live = this.#buffer?.live;
    if (live === undefined || video.seeking) return;
    const { currentTime } = video;
    if (!this.#isPlaced || currentTime < live.start || currentTime > live.end + 1) {
      this.#jump(live, this.#pace.startBehind);
      return;
    }
    const step = this.#pace.next({ ahead: live.end - currentTime, hasStarved: this.#hasStarved });
    this.#hasStarved = false;
    if (step.action === 'jump') this.#jump(live, step.behind);
    else if (video.playbackRate !== step.rate) video.playbackRate = step.rate;
  }

  #jump({ start, end }: { readonly start: number; readonly end: number }, behind: number): void {
    this.#isPlaced = true;
    this.video.currentTime = Math.max(start, end - behind);
    // A browser that paused it for want of data goes on by itself; one that never began has to be asked.
    this.video.play().catch(() => undefined);
  }

  /** Behind the camera's clock. */
  #latencyMs(): number | undefined {
    const captured = this.#captured;
    if (captured === undefined) return undefined;
    const shownMs = captured.unixMs + (this.video.currentTime - captured.ticks / this.#timescale) * 1000;
    return Math.max(0, Date.now() - shownMs);
  }

  #send(message: Readonly<Record<string, unknown>>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #fail(failure: PlaybackFailure): void {
    if (this.#isClosed || this.#hasFailed) return;
    this.#hasFailed = true;
    this.#listener.onFailure(failure);
  }
}
