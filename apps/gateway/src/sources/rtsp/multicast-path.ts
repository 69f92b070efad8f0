import { createSocket, type Socket } from 'node:dgram';
import { BlockList, isIP } from 'node:net';
import type { RtspTransport } from '@vedette/protocols';
import { SourceError } from '../../cameras/source.ts';
import { isAllowedAddress } from '../../net/guarded-lookup.ts';
import type { MediaHandler, MediaPath } from './media-path.ts';

/** Room for a burst of key pictures while the process is busy; the kernel caps it. */
const BUFFER_BYTES = 4 * 1024 * 1024;
/** Reports go no farther than this, unless the camera says so. */
const DEFAULT_TTL = 16;

const groups = new BlockList();
groups.addSubnet('224.0.0.0', 4);

interface Group {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly address: string;
  readonly rtcpPort: number;
}

export interface MulticastOptions {
  /** The local address that faces the camera: its interface is the one that groups are joined on. */
  readonly localAddress: string;
  readonly onFault: (error: unknown) => void;
}

/** By multicast (RFC 2326 §12.39): the camera names a group for each track, and everybody who joins it gets the same. */
export class MulticastPath implements MediaPath {
  readonly #handler: MediaHandler;
  readonly #options: MulticastOptions;
  readonly #groups: (Group | undefined)[] = [];

  constructor(handler: MediaHandler, options: MulticastOptions) {
    this.#handler = handler;
    this.#options = options;
  }

  transport(): RtspTransport {
    return { profile: 'RTP/AVP', delivery: 'multicast', lower: 'udp' };
  }

  /** @throws {SourceError} what the camera names is no group. */
  ready(index: number, { delivery, destination = '', port, ttl = DEFAULT_TTL, source }: RtspTransport): void {
    const isGroup = delivery === 'multicast' && isIP(destination) === 4 && groups.check(destination);
    if (!isGroup || port === undefined) {
      throw new SourceError(
        'ERR_RTSP_TRANSPORT_REFUSED',
        'the camera names no multicast group: set transport to tcp or udp',
      );
    }
    const [rtpPort, rtcpPort] = port;
    // Source-specific where the camera says who sends: what others send to the group is not even let in.
    const sender =
      source !== undefined && isIP(source) === 4 && isAllowedAddress(source) ? source : undefined;
    this.#groups[index] = {
      rtp: this.#join(destination, rtpPort, sender, ttl, (packet) => this.#handler.onRtp(index, packet)),
      rtcp: this.#join(destination, rtcpPort, sender, ttl, (packet) => this.#handler.onRtcp(index, packet)),
      address: destination,
      rtcpPort,
    };
  }

  sendRtcp(index: number, packet: Uint8Array): void {
    const group = this.#groups[index];
    group?.rtcp.send(packet, group.rtcpPort, group.address, () => undefined);
  }

  async close(): Promise<void> {
    const sockets = this.#groups.flatMap((group) => (group === undefined ? [] : [group.rtp, group.rtcp]));
    this.#groups.length = 0;
    await Promise.all(
      sockets.map(async (socket) => new Promise<void>((resolve) => void socket.close(resolve))),
    );
  }

  #join(
    group: string,
    port: number,
    sender: string | undefined,
    ttl: number,
    onPacket: (packet: Uint8Array) => void,
  ): Socket {
    const { localAddress, onFault } = this.#options;
    const socket = createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: BUFFER_BYTES });
    socket.on('error', onFault);
    socket.on('message', onPacket);
    // To the group's address: other groups at this port are not ours.
    socket.bind(port, group, () => {
      try {
        if (sender === undefined) socket.addMembership(group, localAddress);
        else socket.addSourceSpecificMembership(sender, group, localAddress);
        socket.setMulticastInterface(localAddress);
        socket.setMulticastTTL(ttl);
        // Our own reports are not the camera's.
        socket.setMulticastLoopback(false);
      } catch (error) {
        onFault(error);
      }
    });
    return socket;
  }
}
