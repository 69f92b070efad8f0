import type { Camera } from '@vedette/contract';
import { mediaUrls, type MediaUrls } from '../api/media-urls.ts';
import { HlsPlayback } from '../hls/hls-playback.ts';
import { MsePlayback } from '../mse/mse-playback.ts';
import { WhepPlayback } from '../webrtc/whep-playback.ts';
import { browserCapabilities } from './capabilities.ts';
import { Emitter } from './emitter.ts';
import { gatewayTranscodes } from './gateway-transcodes.ts';
import { findObstacles } from './obstacles.ts';
import { PictureStack } from './picture-stack.ts';
import type {
  Playback,
  PlaybackListener,
  PlaybackStats,
  ProtocolChoice,
  QualityState,
  QualityWish,
} from './playback.ts';
import { nextWakeMs, step } from './player-machine.ts';
import {
  initialModel,
  playerState,
  type CameraCondition,
  type PlayerEvent,
  type PlayerModel,
  type PlayerState,
} from './player-model.ts';
import { watchRoom } from './watch-room.ts';
import { watchVisibility } from './watch-visibility.ts';

// A type, not an interface: only a type fits an index signature.
export type CameraPlayerEvents = {
  state: PlayerState;
  sound: { readonly isMuted: boolean };
  /** The size of the pictures became known or changed, in pixels. */
  size: { readonly width: number; readonly height: number };
  /** Another rendition plays, or there are others to choose from; `null`: this protocol has none to choose from. */
  quality: QualityState | null;
};

export interface CameraPlayerOptions {
  readonly cameraId: string;
  /** Origin of the gateway without a trailing slash; the page's own by default. */
  readonly baseUrl?: string;
  /** A stream token, where the page is shown to somebody who has not logged in. */
  readonly token?: string | undefined;
  readonly choice?: ProtocolChoice;
  /** Name of a rendition, or `auto`. */
  readonly quality?: string;
}

function conditionOf({ state }: Camera): CameraCondition {
  switch (state.name) {
    case 'live':
    case 'idle':
      return 'ready';
    case 'connecting':
      return 'pending';
    case 'offline':
    case 'waiting':
      return 'absent';
  }
}

function sameState(a: PlayerState, b: PlayerState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Plays one camera, and keeps playing it: picks the protocol, falls back, reconnects, pauses while
 * nobody can see it, and keeps the last picture when there is no newer one.
 *
 * It owns `element`, which fills whatever it is attached to. It can be started before it is attached
 * anywhere, and moved while it plays. Whoever makes it calls `destroy`.
 */
export class CameraPlayer {
  readonly cameraId: string;
  readonly element: HTMLElement;
  readonly #baseUrl: string;
  readonly #token: string | undefined;
  readonly #pictures = new PictureStack();
  readonly #events = new Emitter<CameraPlayerEvents>();
  readonly #playbacks = new Map<number, Playback>();
  #model: PlayerModel;
  #state: PlayerState;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopWatching: (() => void) | undefined;
  #tracksKey: string | undefined;
  #lastPictureAtMs: number | null = null;
  #quality: QualityState | null = null;
  #wish: QualityWish;
  /** What the camera sends did not get through in time: what begins now begins with the least there is, and rises. */
  #isOverrun = false;
  #isMuted = true;
  #isStarted = false;
  #isVisible = true;
  #isDestroyed = false;

  constructor({ cameraId, baseUrl = '', token, choice = 'auto', quality = 'auto' }: CameraPlayerOptions) {
    this.cameraId = cameraId;
    this.#baseUrl = baseUrl;
    this.#token = token;
    this.element = this.#pictures.element;
    this.#wish = { quality };
    this.#model = initialModel(choice);
    this.#state = playerState(this.#model);
  }

  get state(): PlayerState {
    return this.#state;
  }

  get choice(): ProtocolChoice {
    return this.#model.choice;
  }

  /** Which rendition plays; `null` where nobody knows. */
  get quality(): QualityState | null {
    return this.#quality;
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** When the picture on screen was taken off the network; `null` before the first. */
  get lastPictureAtMs(): number | null {
    return this.#state.name === 'live' ? Date.now() : this.#lastPictureAtMs;
  }

  /** The `<video>` on screen now; it is another one after a reconnect. */
  get video(): HTMLVideoElement | undefined {
    return this.#pictures.top;
  }

  /** Listens; the function handed back stops that. */
  on<Name extends keyof CameraPlayerEvents>(
    name: Name,
    listener: (value: CameraPlayerEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener);
  }

  /** Begins to play. Needs no place in the page yet. */
  start(): void {
    this.#isStarted = true;
    this.#want();
  }

  /** Puts the pictures into `container`, which has a size and a position; from here on it pauses out of sight. */
  attach(container: HTMLElement): void {
    this.#stopWatching?.();
    container.prepend(this.element);
    this.#isVisible = true;
    const stopVisibility = watchVisibility(this.element, (isVisible) => {
      this.#isVisible = isVisible;
      this.#want();
    });
    const stopRoom = watchRoom(this.element, (maxHeight) => this.#ask({ ...this.#wish, maxHeight }));
    this.#stopWatching = () => {
      stopVisibility();
      stopRoom();
    };
    this.video?.play().catch(() => undefined);
    this.#want();
  }

  /**
   * What the gateway says of the camera (`null`: it knows none of this id): spares attempts that can't
   * succeed, and waits for those that will.
   */
  update(camera: Camera | null): void {
    const condition = camera === null ? 'absent' : conditionOf(camera);
    const tracks = camera?.tracks ?? [];
    const key = JSON.stringify(
      tracks.map(({ codecString, hasReorderedPictures }) => [codecString, hasReorderedPictures]),
    );
    const hasNews = key !== this.#tracksKey;
    this.#tracksKey = key;
    // Then it is the camera that stopped, and not the line.
    if (condition !== 'ready') this.#isOverrun = false;
    if (!hasNews && condition === this.#model.condition) return;
    this.#send({
      type: 'camera',
      condition,
      ...(hasNews ? { obstacles: findObstacles(tracks, browserCapabilities(), true) } : {}),
    });
    if (hasNews) void this.#findObstaclesUncoded(tracks, key);
  }

  /** The gateway is asked whether it transcodes only where that makes a difference. */
  async #findObstaclesUncoded(tracks: Camera['tracks'], key: string): Promise<void> {
    const obstacles = findObstacles(tracks, browserCapabilities(), false);
    const isSame =
      JSON.stringify(obstacles) === JSON.stringify(findObstacles(tracks, browserCapabilities(), true));
    if (isSame || (await gatewayTranscodes(this.#baseUrl, this.#token)) || key !== this.#tracksKey) return;
    this.#send({
      type: 'camera',
      condition: this.#model.condition,
      obstacles: { ...this.#model.obstacles, ...obstacles },
    });
  }

  choose(choice: ProtocolChoice): void {
    this.#send({ type: 'choose', choice });
  }

  /** Asks for a rendition by name, or `auto`; playing goes on meanwhile. */
  setQuality(quality: string): void {
    this.#ask({ ...this.#wish, quality });
  }

  /** Tries again at once, whatever it waits for. */
  retry(): void {
    if (this.#state.name !== 'live') this.#send({ type: 'retry' });
  }

  setMuted(isMuted: boolean): void {
    if (this.#isMuted === isMuted) return;
    this.#isMuted = isMuted;
    if (this.video !== undefined) this.video.muted = isMuted;
    this.#events.emit('sound', { isMuted });
  }

  /** The picture on screen (or the last one), in full size, as JPEG; `null` before the first. */
  async capture(): Promise<Blob | null> {
    const canvas = this.#pictures.capture();
    if (canvas === undefined) return null;
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
  }

  /** Figures since the call before; `null` while nothing plays. */
  async stats(): Promise<PlaybackStats | null> {
    const { current } = this.#model;
    const playback = current === null ? undefined : this.#playbacks.get(current.serial);
    return (await playback?.stats()) ?? null;
  }

  /** Ends everything and leaves the page. Safe to call twice. */
  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isStarted = false;
    this.#want();
    this.#isDestroyed = true;
    this.#stopWatching?.();
    clearTimeout(this.#timer);
    this.#events.clear();
    this.element.remove();
  }

  #ask(wish: QualityWish): void {
    this.#wish = wish;
    for (const playback of this.#playbacks.values()) playback.setQuality?.(wish);
  }

  #onQuality(serial: number, quality: QualityState): void {
    if (this.#model.current?.serial !== serial && this.#model.next?.serial !== serial) return;
    this.#quality = quality;
    this.#events.emit('quality', quality);
  }

  #want(): void {
    const isWanted = this.#isStarted && this.#isVisible;
    if (isWanted !== this.#model.isWanted) this.#send({ type: isWanted ? 'start' : 'stop' });
  }

  #send(event: PlayerEvent): void {
    if (this.#isDestroyed) return;
    const nowMs = performance.now();
    if (this.#state.name === 'live') this.#lastPictureAtMs = Date.now();
    this.#model = step(this.#model, event, nowMs);
    this.#reconcile();
    clearTimeout(this.#timer);
    const wakeMs = nextWakeMs(this.#model);
    if (wakeMs !== null) {
      this.#timer = setTimeout(() => this.#send({ type: 'tick' }), Math.max(0, wakeMs - nowMs));
    }
    const state = playerState(this.#model);
    if (sameState(state, this.#state)) return;
    this.#state = state;
    this.#events.emit('state', state);
  }

  /** Makes the playbacks that exist those that the model names. */
  #reconcile(): void {
    const { current, next } = this.#model;
    if (current !== null) this.#show(current.serial);
    for (const [serial, playback] of this.#playbacks) {
      if (serial === current?.serial || serial === next?.serial) continue;
      this.#playbacks.delete(serial);
      // Before closing, which clears the picture.
      this.#pictures.remove(playback.video);
      playback.close();
    }
    if (next !== null && !this.#playbacks.has(next.serial)) this.#open(next.serial, next.protocol);
  }

  #show(serial: number): void {
    const video = this.#playbacks.get(serial)?.video;
    if (video === undefined || video === this.#pictures.top) return;
    video.muted = this.#isMuted;
    this.#pictures.lift(video);
    const tellSize = (): void => {
      this.#events.emit('size', { width: video.videoWidth, height: video.videoHeight });
    };
    video.addEventListener('resize', tellSize);
    tellSize();
  }

  #open(serial: number, protocol: Playback['protocol']): void {
    const urls = mediaUrls(this.cameraId, this.#baseUrl, this.#token);
    const wish = this.#firstWish();
    const listener: PlaybackListener = {
      onFirstFrame: () => {
        this.#isOverrun = false;
        this.#send({ type: 'firstFrame', serial });
        // From the least it rises by itself; or the wish has changed meanwhile.
        if (wish !== this.#wish) playback.setQuality?.(this.#wish);
      },
      onStall: (isStalled) => {
        // WebRTC is given less before it comes to that: where it stalls, packets are lost altogether.
        this.#isOverrun = isStalled && protocol !== 'webrtc';
        this.#send({ type: 'stall', serial, isStalled });
      },
      onFailure: (failure) => this.#send({ type: 'failure', serial, failure }),
      onQuality: (quality) => this.#onQuality(serial, quality),
    };
    const playback = this.#create(protocol, urls, listener, wish);
    this.#playbacks.set(serial, playback);
    playback.open();
  }

  /** Which rendition a playback begins with. */
  #firstWish(): QualityWish {
    const least = this.#quality?.available.at(-1);
    if (!this.#isOverrun || this.#wish.quality !== 'auto' || least === undefined) return this.#wish;
    return { ...this.#wish, quality: least.name };
  }

  #create(
    protocol: Playback['protocol'],
    urls: MediaUrls,
    listener: PlaybackListener,
    wish: QualityWish,
  ): Playback {
    switch (protocol) {
      case 'webrtc':
        return new WhepPlayback(urls.whep, () => this.#pictures.addVideo(), listener, wish);
      case 'mse':
        return new MsePlayback(urls.mse, this.#pictures.addVideo(), listener, wish);
      case 'hls':
        return new HlsPlayback(urls.hls, this.#pictures.addVideo(), listener, wish);
    }
  }
}
