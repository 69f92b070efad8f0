import type { ByteOutlet } from './byte-outlet.ts';
import { UnitQueue } from './unit-queue.ts';

/** What is needed of a socket, an HTTP response or any other writable stream. */
export interface OutletSocket {
  /** Bytes that were written and have not left the process. */
  readonly writableLength: number;
  /** @returns whether more may be written before `drain`. */
  write(bytes: Uint8Array): boolean;
  /** Holds back writes until `uncork`, so that they leave in one system call. */
  cork(): void;
  uncork(): void;
  on(event: 'drain', listener: () => void): unknown;
  off(event: 'drain', listener: () => void): unknown;
}

/**
 * Units over a connection: one write a unit.
 *
 * While the socket holds more than its high-water mark, units wait here and not in the socket's own
 * queue. Node hands that queue to the kernel as one piece and counts it as written only when all
 * of it is: megabytes would seem not to move for minutes, and a slow viewer would look like a dead one.
 */
export class SocketOutlet implements ByteOutlet {
  readonly #socket: OutletSocket;
  readonly #queue = new UnitQueue<Buffer>();
  readonly #onDrain = (): void => this.#resume();
  #isBlocked = false;

  constructor(socket: OutletSocket) {
    this.#socket = socket;
    socket.on('drain', this.#onDrain);
  }

  get queuedBytes(): number {
    return this.#queue.byteLength + this.#socket.writableLength;
  }

  send(bytes: Buffer): void {
    if (this.#isBlocked) this.#queue.push(bytes);
    else this.#isBlocked = !this.#socket.write(bytes);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#queue.clear();
  }

  close(): void {
    this.#queue.clear();
    this.#socket.off('drain', this.#onDrain);
  }

  #resume(): void {
    let mayWrite = true;
    this.#socket.cork();
    for (let bytes = this.#queue.first; bytes !== undefined && mayWrite; bytes = this.#queue.first) {
      mayWrite = this.#socket.write(bytes);
      this.#queue.shift();
    }
    this.#isBlocked = !mayWrite;
    this.#socket.uncork();
  }
}
