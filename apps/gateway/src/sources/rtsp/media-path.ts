import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { serializeInterleavedFrame, serializeRtpPacket, type RtspTransport } from '@vedette/protocols';
import type { AddressGuard } from '../../net/guarded-lookup.ts';
import { UdpPortPair } from '../../net/udp-port-pair.ts';

/** Takes what comes for track `index`. */
export interface MediaHandler {
  onRtp(index: number, packet: Uint8Array): void;
  onRtcp(index: number, packet: Uint8Array): void;
}

/** A connection to a camera, or a tunnel, which has no addresses. */
export type CameraConnection = Duplex & Partial<Pick<Socket, 'localAddress' | 'remoteAddress'>>;

/** How the packets of one session's tracks travel, both ways. */
export interface MediaPath {
  /** What to ask for in SETUP of track `index`. */
  transport(index: number): RtspTransport;
  /** SETUP of track `index` was answered. */
  ready(index: number, answer: RtspTransport): void;
  sendRtcp(index: number, packet: Uint8Array): void;
  /** Safe to call twice. */
  close(): Promise<void>;
}

const PROFILE = { profile: 'RTP/AVP', delivery: 'unicast' } as const;

/** Interleaved with RTSP on its connection (RFC 2326 §10.12). */
export class InterleavedPath implements MediaPath {
  readonly #socket: Pick<Duplex, 'write'>;
  readonly #handler: MediaHandler;
  /** By channel: the track's index × 2, and 1 more for RTCP. */
  readonly #places = new Array<number | undefined>(256).fill(undefined);
  readonly #rtcpChannels: number[] = [];

  constructor(socket: Pick<Duplex, 'write'>, handler: MediaHandler) {
    this.#socket = socket;
    this.#handler = handler;
  }

  transport(index: number): RtspTransport {
    return { ...PROFILE, lower: 'tcp', interleaved: [index * 2, index * 2 + 1] };
  }

  ready(index: number, { interleaved = [index * 2, index * 2 + 1] }: RtspTransport): void {
    const [rtp, rtcp] = interleaved;
    this.#places[rtcp] = index * 2 + 1;
    this.#places[rtp] = index * 2;
    this.#rtcpChannels[index] = rtcp;
  }

  /** A frame of the connection; channels that were not agreed on are ignored. */
  onFrame(channel: number, packet: Uint8Array): void {
    const place = this.#places[channel];
    if (place === undefined) return;
    if ((place & 1) === 0) this.#handler.onRtp(place >> 1, packet);
    else this.#handler.onRtcp(place >> 1, packet);
  }

  sendRtcp(index: number, packet: Uint8Array): void {
    const channel = this.#rtcpChannels[index];
    if (channel !== undefined) this.#socket.write(serializeInterleavedFrame(channel, packet));
  }

  async close(): Promise<void> {
    // The connection is the session's.
  }
}

interface UdpTrack {
  readonly ports: UdpPortPair;
  /** Where the camera sends from; others are not listened to. */
  readonly senders: Set<string>;
  target: { readonly address: string; readonly rtcpPort: number } | undefined;
}

/** By UDP, a pair of ports for each track. */
export class UdpPath implements MediaPath {
  readonly #cameraAddress: string;
  readonly #tracks: readonly UdpTrack[];

  readonly #guard: AddressGuard;

  private constructor(cameraAddress: string, tracks: readonly UdpTrack[], guard: AddressGuard) {
    this.#cameraAddress = cameraAddress;
    this.#tracks = tracks;
    this.#guard = guard;
  }

  /** @throws {Error} there are no free ports. */
  static async open(
    socket: CameraConnection,
    trackCount: number,
    handler: MediaHandler,
    guard: AddressGuard,
  ): Promise<UdpPath> {
    const { localAddress = '0.0.0.0', remoteAddress = '' } = socket;
    const tracks: UdpTrack[] = [];
    try {
      for (let index = 0; index < trackCount; index += 1) {
        const senders = new Set([remoteAddress]);
        const ports = await UdpPortPair.bind(localAddress, {
          onRtp: (packet, { address }) => {
            if (senders.has(address)) handler.onRtp(index, packet);
          },
          onRtcp: (packet, { address }) => {
            if (senders.has(address)) handler.onRtcp(index, packet);
          },
        });
        tracks.push({ ports, senders, target: undefined });
      }
    } catch (error) {
      await Promise.all(tracks.map(async ({ ports }) => ports.close()));
      throw error;
    }
    return new UdpPath(remoteAddress, tracks, guard);
  }

  transport(index: number): RtspTransport {
    const ports = this.#tracks[index]?.ports.ports;
    return { ...PROFILE, lower: 'udp', ...(ports === undefined ? {} : { clientPort: ports }) };
  }

  /**
   * Sends a packet each way first: what lies between (NAT, a firewall) then lets the camera's packets in.
   * Some NVRs send from another address than they answer RTSP from, and say so by `source`.
   */
  ready(index: number, { serverPort, source }: RtspTransport): void {
    const track = this.#tracks[index];
    if (track === undefined || serverPort === undefined) return;
    const isOther = source !== undefined && isIP(source) !== 0 && this.#guard.isAllowed(source);
    const address = isOther ? source : this.#cameraAddress;
    track.senders.add(address);
    const [rtpPort, rtcpPort] = serverPort;
    if (rtpPort === 0 || rtcpPort === 0) return;
    track.target = { address, rtcpPort };
    track.ports.sendRtp(PUNCH, rtpPort, address);
  }

  sendRtcp(index: number, packet: Uint8Array): void {
    const track = this.#tracks[index];
    if (track?.target === undefined) return;
    track.ports.sendRtcp(packet, track.target.rtcpPort, track.target.address);
  }

  async close(): Promise<void> {
    await Promise.all(this.#tracks.map(async ({ ports }) => ports.close()));
  }
}

/** An RTP packet without content. */
const PUNCH = serializeRtpPacket({
  marker: false,
  payloadType: 0,
  sequenceNumber: 0,
  timestamp: 0,
  ssrc: 0,
  csrcs: [],
  extension: undefined,
  payload: new Uint8Array(0),
});
