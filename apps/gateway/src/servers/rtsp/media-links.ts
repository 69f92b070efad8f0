import type { RtspTransport, SetupTrack } from '@vedette/protocols';
import type { DatagramLink, DatagramPorts } from './datagram-ports.ts';
import type { TrackTransport } from './ports.ts';
import type { RtspPeer } from './rtsp-peer.ts';

/** Takes what a peer sends for the media of its session. */
export interface MediaHandler {
  onRtp(media: number, packet: Uint8Array): void;
  onRtcp(media: number, packet: Uint8Array): void;
  /** Another session of the same peer took these UDP ports. */
  onReplaced(): void;
}

/** The ways to and from one peer, one for each media of its session: channels of its connection, or UDP ports. */
export class MediaLinks {
  readonly #peer: RtspPeer;
  readonly #udp: DatagramPorts | undefined;
  readonly #handler: MediaHandler;
  /** Channel → media · 2, plus 1 for RTCP. */
  readonly #channels = new Map<number, number>();
  readonly #datagrams = new Map<number, DatagramLink>();

  constructor(peer: RtspPeer, udp: DatagramPorts | undefined, handler: MediaHandler) {
    this.#peer = peer;
    this.#udp = udp;
    this.#handler = handler;
  }

  get isDatagram(): boolean {
    return this.#datagrams.size > 0;
  }

  /**
   * Opens what SETUP agreed, in place of what the media had before.
   *
   * @returns the way for packets to the peer, and the transport as it is to be answered.
   */
  open({ media, transport }: SetupTrack): { way: TrackTransport; answer: RtspTransport } {
    this.#forget(media);
    const { interleaved, clientPort } = transport;
    if (interleaved !== undefined) {
      const [rtpChannel, rtcpChannel] = interleaved;
      this.#channels.set(rtpChannel, media * 2);
      this.#channels.set(rtcpChannel, media * 2 + 1);
      const { socket } = this.#peer;
      return { way: { kind: 'interleaved', socket, rtpChannel, rtcpChannel }, answer: transport };
    }
    if (clientPort === undefined || this.#udp === undefined)
      throw new Error('a transport without channels or ports');
    const peer = this.#udp.open(this.#peer.address, clientPort[0], clientPort[1], {
      onRtp: (packet) => this.#handler.onRtp(media, packet),
      onRtcp: (packet) => this.#handler.onRtcp(media, packet),
      onReplaced: () => this.#handler.onReplaced(),
    });
    this.#datagrams.set(media, peer);
    const answer = { ...transport, serverPort: this.#udp.ports, source: this.#peer.localAddress };
    return { way: { kind: 'datagram', peer }, answer };
  }

  /** An interleaved frame of the connection; channels that nobody set up are ignored. */
  onFrame(channel: number, payload: Uint8Array): void {
    const route = this.#channels.get(channel);
    if (route === undefined) return;
    if (route % 2 === 0) this.#handler.onRtp(route / 2, payload);
    else this.#handler.onRtcp((route - 1) / 2, payload);
  }

  close(): void {
    this.#channels.clear();
    for (const link of this.#datagrams.values()) link.close();
    this.#datagrams.clear();
  }

  #forget(media: number): void {
    for (const [channel, route] of this.#channels) {
      if (route >> 1 === media) this.#channels.delete(channel);
    }
    this.#datagrams.get(media)?.close();
    this.#datagrams.delete(media);
  }
}
