import { LIBRARY_AUDIO_MID, LIBRARY_VIDEO_MID, WEBRTC_MAX_PACKET_LENGTH } from '@vedette/protocols';
import {
  Audio,
  PacingHandler,
  RtcpNackResponder,
  Video,
  type MediaHandler,
  type Track,
} from 'node-datachannel';
import { Connection, type PeerPort } from './connection.ts';

/** Packets of one viewer that are kept for retransmission: one to two seconds of a picture stream. */
const RETRANSMISSION_PACKETS = 512;
/** What one viewer's pictures are sent at, at the most, so that a large one does not overrun its network. */
export const PACING_BITS_PER_SECOND = 50e6;
const PACING_INTERVAL_MS = 2;

export interface PeerEvents {
  /** Media may be sent from now on. */
  readonly onConnected: () => void;
  /** The peer left, failed or never came. Not called after `close`. */
  readonly onClosed: (reason: string) => void;
  /** One compound RTCP packet, for each section that it is about. */
  readonly onRtcp: (section: 'video' | 'audio', bytes: Uint8Array) => void;
}

/**
 * One viewer's connection: what sending needs of a WebRTC library.
 *
 * RTP is sent as it is given, in packets that are ready but for encryption; the library keeps copies
 * of those with pictures for retransmission, paces them, and encrypts and sends on its own threads.
 */
export class Peer {
  readonly #connection: Connection;
  readonly #video: Track;
  /** Sound, and RTCP for both: has no handler, which would take reports for packets to retransmit. */
  readonly #audio: Track;
  /** Referenced, or the library loses them. */
  readonly #handlers: readonly MediaHandler[];
  /** As much as the native side of a peer holds, never touched: without it V8, which sees a few small
   * objects, lets hundreds of closed peers lie before it collects them. */
  readonly #weight = Buffer.allocUnsafeSlow(RETRANSMISSION_PACKETS * WEBRTC_MAX_PACKET_LENGTH);

  /** @param port as for `Connection` */
  constructor(port: PeerPort | undefined, events: PeerEvents) {
    this.#connection = new Connection(port, (hasFailed) =>
      events.onClosed(hasFailed ? 'the connection failed' : 'the viewer left'),
    );
    let opened = 0;
    const onOpen = (): void => {
      opened += 1;
      if (opened === 2) events.onConnected();
    };
    const video = new Video(LIBRARY_VIDEO_MID, 'SendOnly');
    video.addH264Codec(96);
    const audio = new Audio(LIBRARY_AUDIO_MID, 'SendOnly');
    audio.addOpusCodec(97);
    this.#video = this.#connection.addTrack(video, {
      onOpen,
      onMessage: (bytes) => events.onRtcp('video', bytes),
    });
    this.#audio = this.#connection.addTrack(audio, {
      onOpen,
      onMessage: (bytes) => events.onRtcp('audio', bytes),
    });
    const responder = new RtcpNackResponder(RETRANSMISSION_PACKETS);
    const pacer = new PacingHandler(PACING_BITS_PER_SECOND, PACING_INTERVAL_MS);
    responder.addToChain(pacer);
    this.#video.setMediaHandler(responder);
    this.#handlers = [responder, pacer];
  }

  /** As `Connection.answer`. */
  async answer(offer: string): Promise<string> {
    return this.#connection.answer(offer);
  }

  /** As `Connection.offer`. */
  async offer(): Promise<string> {
    return this.#connection.offer();
  }

  /** As `Connection.accept`. */
  accept(answer: string): void {
    this.#connection.accept(answer);
  }

  /** @param candidate value of an `a=candidate` line */
  addCandidate(candidate: string): void {
    this.#connection.addCandidate(candidate, LIBRARY_VIDEO_MID);
  }

  /**
   * Sends one RTP packet with a piece of a picture. The bytes are copied before this returns.
   *
   * @throws {Error} the peer is gone.
   */
  sendVideo(packet: Buffer): void {
    this.#video.sendMessageBinary(packet);
  }

  /** Sends one RTP packet with sound, or an RTCP packet of either. As `sendVideo`. */
  sendAudioOrRtcp(packet: Buffer): void {
    this.#audio.sendMessageBinary(packet);
  }

  /** Safe to call twice. */
  close(): void {
    this.#connection.close();
  }
}
