import { LIBRARY_AUDIO_MID, LIBRARY_VIDEO_MID, WEBRTC_MAX_PACKET_LENGTH } from '@vedette/protocols';
import {
  Audio,
  IceUdpMuxListener,
  initLogger,
  PacingHandler,
  PeerConnection,
  RtcpNackResponder,
  Video,
  type MediaHandler,
  type Track,
} from 'node-datachannel';

/** Packets of one viewer that are kept for retransmission: one to two seconds of a picture stream. */
const RETRANSMISSION_PACKETS = 512;
/** What one viewer's pictures are sent at, at the most, so that a large one does not overrun its network. */
export const PACING_BITS_PER_SECOND = 50e6;
const PACING_INTERVAL_MS = 2;
/** Gathering takes about 1 ms: there is nothing to ask for, all addresses are this host's. */
const GATHERING_TIMEOUT_MS = 2000;
/** Native objects that never say they are closed are let go after this long. */
const CLOSING_TIMEOUT_MS = 10_000;

export interface PeerEvents {
  /** Media may be sent from now on. */
  readonly onConnected: () => void;
  /** The peer left, failed or never came. Not called after `close`. */
  readonly onClosed: (reason: string) => void;
  /** One compound RTCP packet, for each section that it is about. */
  readonly onRtcp: (section: 'video' | 'audio', bytes: Uint8Array) => void;
}

/**
 * Holds what the library still works on: an object of its that JavaScript collects too early takes
 * the process with it.
 */
const held = new Set<Peer>();

/** The one UDP port that all peers of this process share. */
export class PeerPort {
  readonly address: string;
  readonly port: number;
  /** Keeps the port ours, also while there is no peer: gathering, which may not fail, never meets a taken one. */
  readonly #listener: IceUdpMuxListener;

  /** @throws {Error} the port is taken, or not ours to take. */
  constructor(address: string, port: number) {
    initLogger('Fatal', (_level, message) => process.stderr.write(`${message}\n`));
    this.#listener = new IceUdpMuxListener(port, address);
    this.address = address;
    this.port = port;
  }

  close(): void {
    this.#listener.stop();
  }
}

/**
 * One viewer's connection: what Vedette needs of a WebRTC library, and the only place that knows
 * which one it is.
 *
 * RTP is sent as it is given, in packets that are ready but for encryption; the library keeps copies
 * of those with pictures for retransmission, paces them, and encrypts and sends on its own threads.
 */
export class Peer {
  readonly #events: PeerEvents;
  readonly #connection: PeerConnection;
  readonly #video: Track;
  /** Sound, and RTCP for both: has no handler, which would take reports for packets to retransmit. */
  readonly #audio: Track;
  /** Referenced, or the library loses them. */
  readonly #handlers: readonly MediaHandler[];
  /** As much as the native side of a peer holds, never touched: without it V8, which sees a few small
   * objects, lets hundreds of closed peers lie before it collects them. */
  readonly #weight = Buffer.allocUnsafeSlow(RETRANSMISSION_PACKETS * WEBRTC_MAX_PACKET_LENGTH);
  #opened = 0;
  #isClosed = false;

  constructor({ address, port }: PeerPort, events: PeerEvents) {
    this.#events = events;
    this.#connection = new PeerConnection('viewer', {
      iceServers: [],
      bindAddress: address,
      enableIceUdpMux: true,
      portRangeBegin: port,
      portRangeEnd: port,
    });
    const video = new Video(LIBRARY_VIDEO_MID, 'SendOnly');
    video.addH264Codec(96);
    const audio = new Audio(LIBRARY_AUDIO_MID, 'SendOnly');
    audio.addOpusCodec(97);
    this.#video = this.#connection.addTrack(video);
    this.#audio = this.#connection.addTrack(audio);
    const responder = new RtcpNackResponder(RETRANSMISSION_PACKETS);
    const pacer = new PacingHandler(PACING_BITS_PER_SECOND, PACING_INTERVAL_MS);
    responder.addToChain(pacer);
    this.#video.setMediaHandler(responder);
    this.#handlers = [responder, pacer];
    held.add(this);
    this.#listen();
  }

  /**
   * Takes the offer; our transport is in what comes back.
   *
   * @throws {Error} the library refuses it, or finds no address.
   */
  async answer(offer: string): Promise<string> {
    const gathered = Promise.withResolvers<undefined>();
    const timer = setTimeout(
      () => gathered.reject(new Error('no address was gathered')),
      GATHERING_TIMEOUT_MS,
    );
    this.#connection.onGatheringStateChange((state) => {
      if (state === 'complete') gathered.resolve(undefined);
    });
    try {
      this.#connection.setRemoteDescription(offer, 'offer');
      await gathered.promise;
    } finally {
      clearTimeout(timer);
    }
    if (this.#isClosed) throw new Error('the peer was closed');
    return this.#connection.localDescription()?.sdp ?? '';
  }

  /** @param candidate value of an `a=candidate` line */
  addCandidate(candidate: string): void {
    if (!this.#isClosed) this.#connection.addRemoteCandidate(`candidate:${candidate}`, LIBRARY_VIDEO_MID);
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
    if (this.#isClosed) return;
    this.#isClosed = true;
    // In this order: a track that outlives its connection brings the process down.
    this.#video.close();
    this.#audio.close();
    this.#connection.close();
    setTimeout(() => held.delete(this), CLOSING_TIMEOUT_MS).unref();
  }

  #listen(): void {
    for (const [section, track] of [
      ['video', this.#video],
      ['audio', this.#audio],
    ] as const) {
      track.onOpen(() => {
        this.#opened += 1;
        if (this.#opened === 2 && !this.#isClosed) this.#events.onConnected();
      });
      track.onClosed(() => undefined); // without it the native object is never freed
      track.onError(() => undefined);
      track.onMessage((bytes) => {
        if (!this.#isClosed) this.#events.onRtcp(section, bytes);
      });
    }
    this.#connection.onStateChange((state) => {
      if (state === 'closed') held.delete(this);
      if (this.#isClosed || (state !== 'closed' && state !== 'failed' && state !== 'disconnected')) return;
      this.#events.onClosed(state === 'failed' ? 'the connection failed' : 'the viewer left');
    });
  }
}
