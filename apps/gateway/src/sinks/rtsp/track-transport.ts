/** The part of a socket that an interleaved viewer writes to. */
export interface InterleavedSocket {
  /** @returns whether more may be written before `drain`. */
  write(bytes: Uint8Array): boolean;
  /** Holds back writes until `uncork`, so that they leave in one system call. */
  cork(): void;
  uncork(): void;
  /** Bytes that were written and have not left the process. */
  readonly writableLength: number;
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/** Where one viewer gets the datagrams of one track. */
export interface DatagramPeer {
  sendRtp(packet: Uint8Array): void;
  sendRtcp(packet: Uint8Array): void;
}

/** How one track reaches one viewer, as agreed in SETUP. All tracks of a viewer use the same kind. */
export type TrackTransport =
  | {
      readonly kind: 'interleaved';
      readonly socket: InterleavedSocket;
      readonly rtpChannel: number;
      readonly rtcpChannel: number;
    }
  | { readonly kind: 'datagram'; readonly peer: DatagramPeer };
