import type { OutletSocket } from '../socket-outlet.ts';

/** Where one viewer gets the datagrams of one track. */
export interface DatagramPeer {
  sendRtp(packet: Uint8Array): void;
  sendRtcp(packet: Uint8Array): void;
}

/** How one track reaches one viewer, as agreed in SETUP. All tracks of a viewer use the same kind. */
export type TrackTransport =
  | {
      readonly kind: 'interleaved';
      readonly socket: OutletSocket;
      readonly rtpChannel: number;
      readonly rtcpChannel: number;
    }
  | { readonly kind: 'datagram'; readonly peer: DatagramPeer };
