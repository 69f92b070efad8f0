import { LIBRARY_VIDEO_MID } from '@vedette/protocols';
import { Video, type Track } from 'node-datachannel';
import { Connection, type PeerPort } from './connection.ts';

export interface ReceivingPeerEvents {
  /** RTCP may be sent from now on. */
  readonly onConnected: () => void;
  /** The peer left, failed or never came. Not called after `close`. */
  readonly onClosed: (reason: string) => void;
  /** One RTP or compound RTCP packet, of any section. */
  readonly onPacket: (bytes: Uint8Array) => void;
}

/**
 * One publisher's connection: what receiving needs of a WebRTC library. It has one section, so that the
 * library hands on whatever comes without asking whose it is, and no handler, so that it hands on all of it.
 */
export class ReceivingPeer {
  readonly #connection: Connection;
  readonly #track: Track;

  constructor(port: PeerPort, { onConnected, onClosed, onPacket }: ReceivingPeerEvents) {
    this.#connection = new Connection(port, (hasFailed) =>
      onClosed(hasFailed ? 'the connection failed' : 'the publisher left'),
    );
    const video = new Video(LIBRARY_VIDEO_MID, 'RecvOnly');
    video.addH264Codec(96);
    this.#track = this.#connection.addTrack(video, { onOpen: onConnected, onMessage: onPacket });
  }

  /** As `Connection.answer`. */
  async answer(offer: string): Promise<string> {
    return this.#connection.answer(offer);
  }

  /** @param candidate value of an `a=candidate` line */
  addCandidate(candidate: string): void {
    this.#connection.addCandidate(candidate, LIBRARY_VIDEO_MID);
  }

  /** @throws {Error} the peer is gone. */
  sendRtcp(packet: Uint8Array): void {
    this.#track.sendMessageBinary(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength));
  }

  /** Safe to call twice. */
  close(): void {
    this.#connection.close();
  }
}
