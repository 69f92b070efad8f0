import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { DatagramPeer } from './ports.ts';

/** Takes the datagrams of one track of one session. */
export interface DatagramHandler {
  onRtp(packet: Uint8Array): void;
  onRtcp(packet: Uint8Array): void;
  /** Another session set up the same ports: this one will hear nothing more. */
  onReplaced(): void;
}

/** A peer's pair of ports, open until closed. */
export interface DatagramLink extends DatagramPeer {
  /** Safe to call twice. */
  close(): void;
}

/** How often a pair of neighbouring ports, the even one first, is looked for. */
const MAX_BIND_ATTEMPTS = 50;
/** Room for the key pictures of several hundred viewers at once; the kernel caps it. */
const BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * The server's pair of UDP ports for RTP and RTCP (RFC 3550 §11), shared by all sessions: datagrams are told
 * apart by the address and port they come from.
 */
export class DatagramPorts {
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #rtpRoutes = new Routes();
  readonly #rtcpRoutes = new Routes();

  private constructor(rtp: Socket, rtcp: Socket) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    rtp.on('message', (packet, from) => this.#rtpRoutes.find(from)?.onRtp(packet));
    rtcp.on('message', (packet, from) => this.#rtcpRoutes.find(from)?.onRtcp(packet));
    // A datagram that cannot be sent is lost like any other; the session's timeout notices what matters.
    for (const socket of [rtp, rtcp]) socket.on('error', () => undefined);
  }

  /**
   * Binds the pair.
   *
   * @param port the even port for RTP; 0 takes any free pair.
   * @throws {Error} the ports are taken.
   */
  static async bind(address: string, port: number): Promise<DatagramPorts> {
    for (let attempt = 1; ; attempt += 1) {
      const rtp = await bindSocket(address, port);
      const rtpPort = rtp.address().port;
      try {
        if (rtpPort % 2 !== 0 || rtpPort > 65_534) throw new Error(`UDP port ${rtpPort} for RTP is not even`);
        return new DatagramPorts(rtp, await bindSocket(address, rtpPort + 1));
      } catch (error) {
        rtp.close();
        if (port !== 0 || attempt === MAX_BIND_ATTEMPTS) throw error;
      }
    }
  }

  get ports(): readonly [rtp: number, rtcp: number] {
    return [this.#rtp.address().port, this.#rtcp.address().port];
  }

  open(address: string, rtpPort: number, rtcpPort: number, handler: DatagramHandler): DatagramLink {
    const rtp = this.#rtp;
    const rtcp = this.#rtcp;
    this.#rtpRoutes.add(address, rtpPort, handler);
    this.#rtcpRoutes.add(address, rtcpPort, handler);
    return {
      sendRtp: (packet) => rtp.send(packet, rtpPort, address),
      sendRtcp: (packet) => rtcp.send(packet, rtcpPort, address),
      close: () => {
        this.#rtpRoutes.remove(address, rtpPort, handler);
        this.#rtcpRoutes.remove(address, rtcpPort, handler);
      },
    };
  }

  async close(): Promise<void> {
    const sockets = [this.#rtp, this.#rtcp];
    await Promise.all(
      sockets.map(async (socket) => {
        const closed = once(socket, 'close');
        socket.close();
        await closed;
      }),
    );
  }
}

/** Handlers by address and port, without making a key for each datagram. */
class Routes {
  readonly #byAddress = new Map<string, Map<number, DatagramHandler>>();

  find({ address, port }: RemoteInfo): DatagramHandler | undefined {
    return this.#byAddress.get(address)?.get(port);
  }

  add(address: string, port: number, handler: DatagramHandler): void {
    const byPort = this.#byAddress.get(address) ?? new Map<number, DatagramHandler>();
    this.#byAddress.set(address, byPort);
    const replaced = byPort.get(port);
    byPort.set(port, handler);
    if (replaced !== undefined && replaced !== handler) replaced.onReplaced();
  }

  remove(address: string, port: number, handler: DatagramHandler): void {
    const byPort = this.#byAddress.get(address);
    if (byPort?.get(port) !== handler) return;
    byPort.delete(port);
    if (byPort.size === 0) this.#byAddress.delete(address);
  }
}

async function bindSocket(address: string, port: number): Promise<Socket> {
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: BUFFER_BYTES,
    sendBufferSize: BUFFER_BYTES,
    // Peers are addresses, never names: without this each datagram would pass through the resolver's queue.
    lookup: (host, options, callback) => callback(null, host, options.family === 6 ? 6 : 4),
  });
  const listening = once(socket, 'listening'); // an address that needs no resolving is bound at once
  socket.bind(port, address);
  await listening;
  return socket;
}
