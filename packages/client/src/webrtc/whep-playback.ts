import { request } from '../api/api-client.ts';
import { FrameWatch } from '../player/frame-watch.ts';
import type {
  Playback,
  PlaybackFailure,
  PlaybackListener,
  PlaybackStats,
  QualityState,
  QualityWish,
} from '../player/playback.ts';
import { knownIceServers, learnIceServers, parseIceServers } from './ice-servers.ts';
import { usefulCodecs, withStereo } from './offer.ts';
import { webrtcSample, webrtcStats, type WebrtcSample } from './webrtc-stats.ts';
import { whepFailure } from './whep-failure.ts';

/** Without a frame for this long the network is looked at. */
const STALL_MS = 700;
/** No byte in this time either: the other end is gone, and a new connection is opened beside this one. */
const SILENCE_MS = 300;
/** Bytes but no frames: a slow machine or a damaged picture, given this long to recover. */
const DAMAGE_MS = 4000;
/** The connection is closed after this long even if the gateway does not answer. */
const HANG_UP_MS = 1000;

function receive(connection: RTCPeerConnection, kind: 'video' | 'audio'): void {
  const transceiver = connection.addTransceiver(kind, { direction: 'recvonly' });
  const codecs = usefulCodecs(RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []);
  if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
  // Live means now: what the network delays is caught up, not kept.
  transceiver.receiver.jitterBufferTarget = 0;
}

/**
 * Plays WebRTC from a WHEP address (draft-ietf-wish-whep): one offer, one answer, no trickle. The
 * offer does not wait for our own candidates: the gateway's are in its answer, our checks go there, and
 * from them it learns ours (RFC 8445 §7.3.1.3, peer-reflexive).
 */
export class WhepPlayback implements Playback {
  readonly protocol = 'webrtc';
  readonly #url: string;
  readonly #createVideo: () => HTMLVideoElement;
  readonly #listener: PlaybackListener;
  readonly #aborter = new AbortController();
  #video: HTMLVideoElement | undefined;
  #frames: FrameWatch | undefined;
  #connection: RTCPeerConnection | undefined;
  /** The session's own address: deleting it ends the session. Gone once the other end is. */
  #resource: string | undefined;
  #wish: QualityWish;
  #lastSample: WebrtcSample | undefined;
  #stallTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param createVideo called once, while the offer is being made: the first `<video>` of a page takes a while. */
  constructor(
    url: string,
    createVideo: () => HTMLVideoElement,
    listener: PlaybackListener,
    wish: QualityWish,
  ) {
    this.#wish = wish;
    this.#url = url;
    this.#createVideo = createVideo;
    this.#listener = listener;
  }

  get video(): HTMLVideoElement {
    this.#video ??= this.#createVideo();
    return this.#video;
  }

  open(): void {
    this.#connect().catch((error: unknown) => this.#fail(whepFailure(error)));
  }

  setQuality(wish: QualityWish): void {
    this.#wish = wish;
    void this.#exchangeQuality({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wish),
    });
  }

  async stats(): Promise<PlaybackStats> {
    const sample = await this.#sample();
    const stats = webrtcStats(this.#lastSample, sample);
    this.#lastSample = sample;
    return stats;
  }

  close(): void {
    if (this.#aborter.signal.aborted) return;
    this.#aborter.abort();
    this.#frames?.stop();
    clearTimeout(this.#stallTimer);
    this.video.srcObject = null;
    void this.#hangUp();
  }

  /** Ends the session before the connection: the other way round the gateway has ended it already, and says 404. */
  async #hangUp(): Promise<void> {
    try {
      if (this.#resource === undefined) return;
      const signal = AbortSignal.timeout(HANG_UP_MS);
      // A page that closes has no time for the answer, but the request goes out.
      await fetch(this.#resource, { method: 'DELETE', keepalive: true, signal });
    } catch {
      // The gateway notices by itself after some seconds.
    } finally {
      this.#connection?.close();
    }
  }

  async #connect(): Promise<void> {
    const { signal } = this.#aborter;
    const iceServers = knownIceServers(this.#url);
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers });
    this.#connection = connection;
    connection.addEventListener('connectionstatechange', () => {
      const { connectionState } = connection;
      if (connectionState !== 'failed' && connectionState !== 'closed') return;
      this.#resource = undefined;
      this.#fail({ kind: 'lost' });
    });
    receive(connection, 'video');
    receive(connection, 'audio');
    const offering = connection.createOffer();
    this.#watch(connection);

    const offer = await offering;
    signal.throwIfAborted();
    await connection.setLocalDescription({ type: 'offer', sdp: withStereo(offer.sdp ?? '') });
    signal.throwIfAborted();
    const { answer, hasNewServers } = await this.#exchange(connection.localDescription?.sdp ?? '');
    // The exchange throws when it is aborted.
    if (hasNewServers) {
      this.#connectAnew(connection);
      return;
    }
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    await this.video.play().catch(() => undefined);
  }

  /** The gateway has just named servers that are asked when gathering begins: begins again, once in a page. */
  #connectAnew(connection: RTCPeerConnection): void {
    if (this.#resource !== undefined) void fetch(this.#resource, { method: 'DELETE' }).catch(() => undefined);
    this.#resource = undefined;
    connection.close();
    this.#frames?.stop();
    this.open();
  }

  #watch(connection: RTCPeerConnection): void {
    const stream = new MediaStream();
    this.video.srcObject = stream;
    connection.addEventListener('track', ({ track }) => stream.addTrack(track));
    this.#frames = new FrameWatch(this.video, {
      stallAfterMs: STALL_MS,
      onFirstFrame: () => {
        this.#listener.onFirstFrame();
        void this.#exchangeQuality();
        // Other sizes are other renditions.
        this.video.addEventListener('resize', () => void this.#exchangeQuality(), {
          signal: this.#aborter.signal,
        });
      },
      onStall: (isStalled) => this.#stalled(isStalled),
    });
    this.#frames.start();
  }

  async #exchange(offer: string): Promise<{ answer: string; hasNewServers: boolean }> {
    const { signal } = this.#aborter;
    const { quality, maxHeight } = this.#wish;
    const query = new URLSearchParams({
      ...(quality === 'auto' ? {} : { quality }),
      ...(maxHeight === undefined ? {} : { maxHeight: String(maxHeight) }),
    }).toString();
    const response = await request(
      query === '' ? this.#url : `${this.#url}${this.#url.includes('?') ? '&' : '?'}${query}`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/sdp' },
        body: offer,
        priority: 'high',
        signal,
      },
    );
    const location = response.headers.get('location');
    if (location !== null) this.#resource = new URL(location, response.url).href;
    const servers = parseIceServers(response.headers.get('link'));
    return { answer: await response.text(), hasNewServers: learnIceServers(this.#url, servers) };
  }

  /** Asks which rendition it is given, or for another one. Without an answer everything stays as it is. */
  async #exchangeQuality(init: RequestInit = {}): Promise<void> {
    const { signal } = this.#aborter;
    if (this.#resource === undefined || signal.aborted) return;
    try {
      const response = await request(`${this.#resource}/quality`, { ...init, signal });
      this.#listener.onQuality?.((await response.json()) as QualityState);
    } catch {
      // An older gateway, or a session that has just ended.
    }
  }

  async #sample(): Promise<WebrtcSample> {
    const report = await this.#connection?.getStats();
    const entries: Record<string, unknown>[] = [];
    report?.forEach((entry: Record<string, unknown>) => entries.push(entry));
    return webrtcSample(entries, performance.now());
  }

  /** Pictures stopped: is it the other end, or are we too slow? A reconnect helps only in the first case. */
  #stalled(isStalled: boolean): void {
    clearTimeout(this.#stallTimer);
    if (isStalled) void this.#tellSilence();
    else this.#listener.onStall(false);
  }

  async #tellSilence(): Promise<void> {
    const before = await this.#sample();
    this.#stallTimer = setTimeout(() => void this.#compareBytes(before.bytes), SILENCE_MS);
  }

  async #compareBytes(before: number): Promise<void> {
    const { bytes } = await this.#sample();
    if (this.#aborter.signal.aborted) return;
    const isSilent = bytes === before;
    // A session that died with its worker can't be deleted; one that lives ends when it hears nothing from us.
    if (isSilent) this.#resource = undefined;
    const waitMs = isSilent ? 0 : DAMAGE_MS - STALL_MS - SILENCE_MS;
    this.#stallTimer = setTimeout(() => this.#listener.onStall(true), waitMs);
  }

  #fail(failure: PlaybackFailure): void {
    if (!this.#aborter.signal.aborted) this.#listener.onFailure(failure);
  }
}
