import type { Socket } from 'node:net';
import type { Identity } from '../../access/identity.ts';
import { plainAddress } from '../../net/plain-address.ts';

/** The other end of a connection. */
export interface RtspPeer {
  readonly socket: Socket;
  readonly address: string;
  /** `address:port`, for logs and lists. */
  readonly name: string;
  /** The address by which the peer reached this server: the source of its datagrams. */
  readonly localAddress: string;
  /** RTSP over TLS. */
  readonly isSecure: boolean;
}

/** A peer that was let in. */
export interface Visitor {
  readonly peer: RtspPeer;
  readonly identity: Identity;
}

export function peerOf(socket: Socket, isSecure: boolean): RtspPeer {
  const address = socket.remoteAddress ?? '';
  return {
    socket,
    address,
    name: `${address.includes(':') ? `[${address}]` : address}:${socket.remotePort ?? 0}`,
    localAddress: plainAddress(socket.localAddress ?? ''),
    isSecure,
  };
}

/** A peer that costs more than it may: it is answered with `status` and closed, with the message in the log. */
export class PeerOffence extends Error {
  override readonly name = 'PeerOffence';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}
