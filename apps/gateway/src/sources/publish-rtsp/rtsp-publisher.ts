import { randomInt } from 'node:crypto';
import { ProtocolError, type Track } from '@vedette/media';
import { parseSdp, tracksFromSdp, type SdpTrack } from '@vedette/protocols';
import type { CameraDirectory, PublishAnswer } from '../../cameras/directory.ts';
import type { Logger } from '../../observability/logger.ts';
import { steadyClock, type Clock, type Feed } from '../../stream/stream.ts';
import { RtpReception } from '../rtp-reception.ts';

export interface RtspPublisherOptions {
  readonly cameras: CameraDirectory;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** A publisher that sends nothing for this long is ended; default 10 s. */
  readonly silenceMs?: number;
}

/** Whether a publisher may feed the camera, and why not. */
export type RecordAnswer = { readonly ok: true } | Extract<PublishAnswer, { ok: false }>;

interface SetUpMedia {
  readonly description: SdpTrack;
  readonly sendRtcp: (packet: Uint8Array) => void;
}

const SILENCE_MS = 10_000;
/** Between receiver reports (RFC 3550 §6.2). */
const REPORT_MS = 5000;
/** Gaps of datagrams are given up in time by this. */
const DATAGRAM_POLL_MS = 50;
const CONNECTION_POLL_MS = 1000;
/** What a publisher writes to that lost its camera in between. */
const NOWHERE: Feed = { write: () => undefined, report: () => undefined, close: () => undefined };

/**
 * A peer that publishes to a camera by RTSP (ANNOUNCE, RECORD): the media of its description, received
 * into the camera's stream.
 */
export class RtspPublisher {
  /** `a=control` of each media of the description. */
  readonly controls: readonly (string | undefined)[];
  readonly #cameraId: string;
  readonly #options: RtspPublisherOptions;
  readonly #clock: Clock;
  readonly #onEnd: (reason: string) => void;
  readonly #descriptions: readonly SdpTrack[];
  readonly #medias = new Map<number, SetUpMedia>();
  /** Media of the description → track of the reception; those not set up, or of unknown codecs, have none. */
  readonly #indexes = new Map<number, number>();
  #reception: RtpReception | undefined;
  #feed: Feed | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isDatagram = false;
  #isClosed = false;
  #startedMs = 0;
  #reportedMs = 0;

  /**
   * @param description the body of ANNOUNCE.
   * @param onEnd called when the publisher is not wanted any more, or silent; `close` is still to be called.
   * @throws {ProtocolError} the description is bad, or holds nothing that can be received.
   */
  constructor(
    cameraId: string,
    description: string,
    onEnd: (reason: string) => void,
    options: RtspPublisherOptions,
  ) {
    this.#cameraId = cameraId;
    this.#options = options;
    this.#clock = options.clock ?? steadyClock;
    this.#onEnd = onEnd;
    const session = parseSdp(description);
    const { tracks, unsupported } = tracksFromSdp(session);
    if (tracks.length === 0) {
      const offered = unsupported.map(({ encoding }) => encoding).join(', ');
      throw new ProtocolError(
        'ERR_PUBLISH_NO_TRACKS',
        offered === '' ? 'the description has no media' : `none of ${offered} can be taken`,
      );
    }
    this.#descriptions = tracks;
    this.controls = session.medias.map(({ control }) => control);
  }

  /**
   * Agrees to receive media `index` of the description; one that cannot be used is taken and ignored.
   *
   * @param isDatagram packets may be lost and come out of order.
   */
  setup(index: number, isDatagram: boolean, sendRtcp: (packet: Uint8Array) => void): void {
    const description = this.#descriptions.find(({ mediaIndex }) => mediaIndex === index);
    if (description !== undefined) this.#medias.set(index, { description, sendRtcp });
    this.#isDatagram = isDatagram;
  }

  /**
   * Takes media from now on; the camera is live with the first picture that can be decoded.
   *
   * @throws {ProtocolError} nothing that can be received was set up.
   */
  record(): RecordAnswer {
    const verdict = this.#options.cameras.canPublish(this.#cameraId);
    if (!verdict.ok) return verdict;
    const inOrder = [...this.#medias].sort(([first], [second]) => first - second);
    inOrder.forEach(([mediaIndex], index) => this.#indexes.set(mediaIndex, index));
    this.#reception = new RtpReception({
      tracks: inOrder.map(([, { description }]) => description),
      isDatagram: this.#isDatagram,
      ssrc: randomInt(2 ** 32),
      open: (tracks) => this.#open(tracks),
      onBadPacket: ({ code, message }) =>
        this.#options.logger.debug({ camera: this.#cameraId, code }, `bad packet of a publisher: ${message}`),
    });
    this.#startedMs = this.#reportedMs = this.#clock();
    const intervalMs = this.#isDatagram ? DATAGRAM_POLL_MS : CONNECTION_POLL_MS;
    this.#timer = setInterval(() => this.#poll(), intervalMs);
    return { ok: true };
  }

  /** A packet of media `index` of the description. */
  onRtp(index: number, packet: Uint8Array): void {
    const track = this.#indexes.get(index);
    if (track !== undefined && !this.#isClosed) this.#reception?.onRtp(track, packet, this.#clock());
  }

  onRtcp(index: number, packet: Uint8Array): void {
    const track = this.#indexes.get(index);
    if (track !== undefined && !this.#isClosed) this.#reception?.onRtcp(track, packet, this.#clock());
  }

  /** Leaves the camera. Safe to call twice. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#feed?.close();
  }

  totals(): { readonly bytes: number; readonly dropped: number; readonly queuedBytes: number } {
    return { bytes: this.#reception?.totals.bytes ?? 0, dropped: 0, queuedBytes: 0 };
  }

  #open(tracks: readonly Track[]): Feed {
    const answer = this.#options.cameras.publish({
      cameraId: this.#cameraId,
      tracks,
      onRevoked: (reason) => {
        if (!this.#isClosed) this.#onEnd(reason);
      },
    });
    if (answer.ok) {
      this.#feed = answer.feed;
      return answer.feed;
    }
    this.#onEnd(answer.message);
    return NOWHERE;
  }

  #poll(): void {
    const reception = this.#reception;
    if (reception === undefined) return;
    const nowMs = this.#clock();
    if (this.#isDatagram) reception.poll(nowMs);
    const silentMs = nowMs - (reception.lastPacketMs ?? this.#startedMs);
    const { silenceMs = SILENCE_MS } = this.#options;
    if (reception.hasEnded) {
      this.#onEnd('the publisher said goodbye');
    } else if (silentMs > silenceMs) {
      this.#onEnd(`the publisher sent no media for ${Math.round(silenceMs / 1000)} s`);
    } else if (this.#feed === undefined && nowMs - this.#startedMs > 2 * silenceMs) {
      this.#onEnd('the publisher sent nothing that can be decoded');
    } else if (nowMs - this.#reportedMs >= REPORT_MS) {
      this.#reportedMs = nowMs;
      for (const [mediaIndex, track] of this.#indexes) {
        this.#medias.get(mediaIndex)?.sendRtcp(reception.report(track, nowMs));
      }
    }
  }
}
