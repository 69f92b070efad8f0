import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  parseSdp,
  RTSP_CLIENT_LIMITS,
  RtspClient,
  RtspParser,
  tracksFromSdp,
  type RtspClientEffect,
  type RtspUrl,
  type SdpTrack,
  type UnsupportedMedia,
} from '@vedette/protocols';
import { SourceError, type SourceContext } from '../../cameras/source.ts';
import type { AddressGuard } from '../../net/guarded-lookup.ts';
import { steadyClock } from '../../stream/stream.ts';
import { RtpReception } from '../rtp-reception.ts';
import { InterleavedPath, UdpPath, type CameraConnection, type MediaPath } from './media-path.ts';
import { MulticastPath } from './multicast-path.ts';
import { socketError } from '../socket-error.ts';
import { toSourceError } from './source-error.ts';

/** A camera that sends and sends, and never a picture to begin with. */
const NO_PICTURE_MS = 30_000;
/** RFC 3550 §6.2: the least interval of reports. */
const REPORT_INTERVAL_MS = 5000;
/** How fine time is taken: deadlines of requests, and packets that are waited for. */
const TICK_MS = 250;
const UDP_TICK_MS = 50;
/** How long a camera may take to close the connection behind a TEARDOWN. */
const GOODBYE_MS = 500;

/** How media travels. */
export type RtspLower = 'tcp' | 'udp' | 'multicast';

/** What a session turned out to be, for reports about the camera. */
export interface SessionFacts {
  readonly transport: RtspLower | 'tls';
  /** What the camera calls itself. */
  readonly server: string | undefined;
  readonly tracks: readonly SdpTrack[];
  readonly skipped: readonly UnsupportedMedia[];
}

export interface RtspPullOptions {
  readonly url: RtspUrl;
  readonly lower: RtspLower;
  /** The connection is inside TLS. */
  readonly isSecure: boolean;
  readonly userAgent: string;
  readonly redirectsLeft: number;
  /** A camera that sends nothing for this long is gone, whatever its connection says. */
  readonly silenceMs: number;
  readonly onSession: (facts: SessionFacts) => void;
  /** Where media may be asked from by UDP, when the camera names another address than its own. */
  readonly guard: AddressGuard;
}

/** How a session ended, when not by an error. */
export type PullEnd =
  | { readonly type: 'ended' }
  | { readonly type: 'redirected'; readonly url: RtspUrl; readonly redirectsLeft: number };

/** One RTSP session on one connection: from OPTIONS to TEARDOWN. */
export class RtspPull {
  readonly #socket: CameraConnection;
  readonly #options: RtspPullOptions;
  readonly #context: SourceContext;
  readonly #client: RtspClient;
  readonly #end = Promise.withResolvers<PullEnd>();
  #path: MediaPath | undefined;
  #describing: Promise<void> | undefined;
  #interleaved: InterleavedPath | undefined;
  #reception: RtpReception | undefined;
  #playingSinceMs: number | undefined;
  #reportAtMs = Infinity;
  #isLive = false;
  #isOver = false;

  /** @param socket open, and trusted. It belongs to the session from here on. */
  constructor(socket: CameraConnection, options: RtspPullOptions, context: SourceContext) {
    this.#socket = socket;
    this.#options = options;
    this.#context = context;
    const { url, userAgent, redirectsLeft } = options;
    this.#client = new RtspClient({
      url,
      userAgent,
      redirectsLeft,
      clientNonce: randomBytes(8).toString('hex'),
    });
  }

  /**
   * Plays until the signal aborts or the camera says goodbye.
   *
   * @throws {SourceError} whatever ended it otherwise.
   */
  async run(): Promise<PullEnd> {
    const { signal } = this.#context;
    const leave = (): void => this.#finish({ type: 'ended' });
    const timer = setInterval(
      () => this.#guard(() => this.#tick()),
      this.#options.lower === 'tcp' ? TICK_MS : UDP_TICK_MS,
    );
    signal.addEventListener('abort', leave, { once: true });
    try {
      this.#listen();
      if (signal.aborted) leave();
      else this.#guard(() => this.#perform(this.#client.start(steadyClock())));
      return await this.#end.promise;
    } finally {
      this.#isOver = true;
      clearInterval(timer);
      signal.removeEventListener('abort', leave);
      this.#countDamage();
      await this.#sayGoodbye();
    }
  }

  #listen(): void {
    const parser = new RtspParser(
      {
        onFrame: (channel, payload) => this.#interleaved?.onFrame(channel, payload),
        onResponse: (response) => this.#perform(this.#client.receive(response, steadyClock())),
        onRequest: (request) => this.#perform(this.#client.receiveRequest(request)),
      },
      RTSP_CLIENT_LIMITS,
    );
    this.#socket.on('data', (chunk: Uint8Array) => {
      if (!this.#isOver) this.#guard(() => parser.push(chunk));
    });
    this.#socket.once('error', (error) => this.#fail(socketError(error)));
    const closed = (): void => this.#lost();
    this.#socket.once('end', closed);
    this.#socket.once('close', closed);
    if (this.#socket.destroyed) closed();
  }

  #lost(): void {
    if (this.#reception?.hasEnded === true) this.#finish({ type: 'ended' });
    else this.#fail(new SourceError('ERR_CONNECTION_LOST', 'the camera closed the connection'));
  }

  #perform(effects: readonly RtspClientEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'send':
          this.#socket.write(effect.bytes);
          break;
        case 'described':
          this.#describing = this.#describe(effect.description, effect.server);
          break;
        case 'trackReady':
          this.#path?.ready(effect.index, effect.transport);
          break;
        case 'playing':
          this.#playing(effect.rtpInfo);
          break;
        case 'redirected':
          this.#finish(effect);
          break;
        case 'failed':
          this.#fail(effect.error);
          break;
        default:
      }
    }
  }

  /** Chooses the first video and the first sound of a known codec; opens the way for their packets. */
  async #describe(description: Uint8Array, server: string | undefined): Promise<void> {
    try {
      const sdp = parseSdp(new TextDecoder().decode(description));
      const offered = tracksFromSdp(sdp);
      const tracks = (['video', 'audio'] as const)
        .map((kind) => offered.tracks.find((track) => track.kind === kind))
        .filter((track) => track !== undefined);
      if (tracks.length === 0) throw nothingUsable(offered.unsupported);
      if (offered.unsupported.length > 0) {
        this.#context.log('the camera offers more than is used', { skipped: namesOf(offered.unsupported) });
      }
      this.#reception = this.#receive(tracks);
      const path = await this.#openPath(tracks.length);
      this.#path = path;
      if (this.#isOver) {
        await path.close();
        return;
      }
      const { lower, isSecure } = this.#options;
      const transport = lower === 'tcp' && isSecure ? 'tls' : lower;
      this.#options.onSession({ transport, server, tracks, skipped: offered.unsupported });
      const medias = tracks.map(({ control }, index) => ({ control, transport: path.transport(index) }));
      this.#perform(this.#client.setup(medias, sdp.control, steadyClock()));
    } catch (error) {
      this.#fail(error);
    }
  }

  #receive(tracks: readonly SdpTrack[]): RtpReception {
    return new RtpReception({
      tracks,
      isDatagram: this.#options.lower !== 'tcp',
      ssrc: randomInt(2 ** 32),
      open: (media) => {
        this.#isLive = true;
        return this.#context.open(media);
      },
      onBadPacket: ({ code, message }) => this.#context.log('bad packet from the camera', { code, message }),
    });
  }

  async #openPath(trackCount: number): Promise<MediaPath> {
    const handler = {
      onRtp: (index: number, packet: Uint8Array) => this.#reception?.onRtp(index, packet, steadyClock()),
      onRtcp: (index: number, packet: Uint8Array) => this.#reception?.onRtcp(index, packet, steadyClock()),
    };
    const guarded = {
      onRtp: (index: number, packet: Uint8Array) => this.#guard(() => handler.onRtp(index, packet)),
      onRtcp: (index: number, packet: Uint8Array) => this.#guard(() => handler.onRtcp(index, packet)),
    };
    const { lower, guard } = this.#options;
    if (lower === 'udp') return UdpPath.open(this.#socket, trackCount, guarded, guard);
    if (lower === 'multicast') {
      const { localAddress = '0.0.0.0' } = this.#socket;
      return new MulticastPath(guarded, { localAddress, onFault: (error) => this.#fail(socketError(error)) });
    }
    this.#interleaved = new InterleavedPath(this.#socket, handler);
    return this.#interleaved;
  }

  #playing(rtpInfo: Parameters<RtpReception['setRtpInfo']>[0]): void {
    this.#playingSinceMs = steadyClock();
    this.#reception?.setRtpInfo(rtpInfo);
    this.#reportAtMs = this.#playingSinceMs; // the first one at once: it opens the way for the camera's reports
  }

  #tick(): void {
    const nowMs = steadyClock();
    this.#perform(this.#client.tick(nowMs));
    const reception = this.#reception;
    if (this.#playingSinceMs === undefined || reception === undefined) return;
    reception.poll(nowMs);
    if (reception.hasEnded) this.#finish({ type: 'ended' });
    this.#checkSilence(nowMs, this.#playingSinceMs, reception.lastPacketMs);
    if (nowMs < this.#reportAtMs) return;
    this.#reportAtMs = nowMs + REPORT_INTERVAL_MS;
    this.#countDamage();
    reception.tracks.forEach((_, index) => this.#path?.sendRtcp(index, reception.report(index, nowMs)));
  }

  #checkSilence(nowMs: number, playingSinceMs: number, lastPacketMs: number | undefined): void {
    const { silenceMs } = this.#options;
    if (nowMs - (lastPacketMs ?? playingSinceMs) > silenceMs) {
      this.#fail(
        new SourceError('ERR_SOURCE_SILENT', `the camera has sent nothing for ${silenceMs / 1000} s`),
      );
    } else if (!this.#isLive && nowMs - playingSinceMs > NO_PICTURE_MS) {
      const sentence = `the camera has sent nothing that can be decoded within ${NO_PICTURE_MS / 1000} s`;
      this.#fail(new SourceError('ERR_SOURCE_NO_PICTURE', sentence));
    }
  }

  #countDamage(): void {
    const damage = this.#reception?.takeDamage();
    if (damage === undefined) return;
    this.#context.count('lostPackets', damage.lostPackets);
    this.#context.count('damagedPictures', damage.damagedPictures);
  }

  /** An error in an event of a socket or timer ends the session, not the process. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #finish(end: PullEnd): void {
    this.#isOver = true;
    this.#end.resolve(end);
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.#end.reject(toSourceError(error));
  }

  async #sayGoodbye(): Promise<void> {
    const socket = this.#socket;
    for (const effect of this.#client.teardown(steadyClock())) {
      if (effect.type === 'send' && socket.writable) socket.write(effect.bytes);
    }
    await this.#describing; // it may be opening ports
    await this.#path?.close();
    if (!socket.closed) {
      socket.end();
      socket.resume();
      const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
      await once(socket, 'close').catch(() => undefined);
      clearTimeout(timer);
    }
  }
}

function nothingUsable(unsupported: readonly UnsupportedMedia[]): SourceError {
  const names = namesOf(unsupported);
  const sentence =
    names === '' ? 'the camera offers no media' : `none of what the camera offers is supported: ${names}`;
  return new SourceError('ERR_SOURCE_NO_TRACKS', sentence);
}

function namesOf(unsupported: readonly UnsupportedMedia[]): string {
  return unsupported.map(({ encoding }) => encoding.replace(/[^\x20-\x7e]/g, '?').slice(0, 40)).join(', ');
}
