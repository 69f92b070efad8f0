import type { SrtWire } from '@vedette/protocols';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** Room for the key pictures of several hundred viewers at once; the kernel caps it. */
const BUFFER_BYTES = 4 * 1024 * 1024;
const DATAGRAM_BYTES = 1500;

/** Microseconds of a steady clock: SRT's time. */
export const srtClock = (): number => Math.round(performance.now() * 1000);

/** A UDP socket that many SRT connections share. */
export class SrtSocket {
  readonly #socket: Socket;
  #buffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES);
  #isClosed = false;

  private constructor(socket: Socket, onDatagram: (packet: Uint8Array, from: RemoteInfo) => void) {
    this.#socket = socket;
    socket.on('message', onDatagram);
    // A datagram that cannot be sent is lost like any other; silence tells what matters.
    socket.on('error', () => undefined);
  }

  /**
   * @param host an address to bind, of either family. @param port 0 takes any free one.
   * @throws {Error} the port is taken.
   */
  static async bind(
    host: string,
    port: number,
    onDatagram: (packet: Uint8Array, from: RemoteInfo) => void,
  ): Promise<SrtSocket> {
    const family = isIPv6(host) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // Peers are addresses, never names: without this, Node.js would send each datagram a tick later.
      lookup: (address, _options, done) => done(null, address, family),
    });
    const listening = once(socket, 'listening');
    socket.bind(port, host === 'localhost' ? '127.0.0.1' : host);
    try {
      await listening;
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
    return new SrtSocket(socket, onDatagram);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** The way to one peer; all of them write into the same buffer, one datagram at a time. */
  wireTo(address: string, port: number): SrtWire {
    const current = (): Buffer => this.#buffer;
    return {
      get buffer() {
        return current();
      },
      send: (length) => this.#sendBuffer(length, address, port),
    };
  }

  send(packet: Uint8Array, address: string, port: number): void {
    if (!this.#isClosed) this.#socket.send(packet, port, address);
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #sendBuffer(length: number, address: string, port: number): void {
    if (this.#isClosed) return;
    this.#socket.send(this.#buffer, 0, length, port, address);
    // The kernel takes a datagram at once, or, when its own buffer is full, later: then the bytes are still needed.
    if (this.#socket.getSendQueueCount() > 0) this.#buffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES);
  }
}
