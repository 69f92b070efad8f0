import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** How often neighbouring free ports, the even one first, are looked for. */
const MAX_ATTEMPTS = 50;
/** Room for a burst of key pictures while the process is busy; the kernel caps it. */
const BUFFER_BYTES = 4 * 1024 * 1024;

export interface UdpHandler {
  onRtp(packet: Uint8Array, from: RemoteInfo): void;
  onRtcp(packet: Uint8Array, from: RemoteInfo): void;
}

/** A pair of UDP ports for RTP (even) and RTCP (the next one), RFC 3550 §11. */
export class UdpPortPair {
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  #isClosed = false;

  private constructor(rtp: Socket, rtcp: Socket, handler: UdpHandler) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    rtp.on('message', (packet, from) => handler.onRtp(packet, from));
    rtcp.on('message', (packet, from) => handler.onRtcp(packet, from));
    // A datagram that cannot be sent is lost like any other; silence is what shows that a peer is gone.
    for (const socket of [rtp, rtcp]) socket.on('error', () => undefined);
  }

  /**
   * Binds a free pair.
   *
   * @param address the local address that faces the peer.
   * @throws {Error} there is none.
   */
  static async bind(address: string, handler: UdpHandler): Promise<UdpPortPair> {
    for (let attempt = 1; ; attempt += 1) {
      const rtp = await bound(address, 0);
      const { port } = rtp.address();
      try {
        if (port % 2 !== 0) throw new Error(`UDP port ${port} is not even`);
        return new UdpPortPair(rtp, await bound(address, port + 1), handler);
      } catch (error) {
        rtp.close();
        if (attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  get ports(): readonly [rtp: number, rtcp: number] {
    return [this.#rtp.address().port, this.#rtcp.address().port];
  }

  sendRtp(packet: Uint8Array, port: number, address: string): void {
    if (!this.#isClosed) this.#rtp.send(packet, port, address, () => undefined);
  }

  sendRtcp(packet: Uint8Array, port: number, address: string): void {
    if (!this.#isClosed) this.#rtcp.send(packet, port, address, () => undefined);
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all(
      [this.#rtp, this.#rtcp].map(async (socket) => {
        const closed = once(socket, 'close');
        socket.close();
        await closed;
      }),
    );
  }
}

async function bound(address: string, port: number): Promise<Socket> {
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: BUFFER_BYTES,
  });
  try {
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    await listening;
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}
