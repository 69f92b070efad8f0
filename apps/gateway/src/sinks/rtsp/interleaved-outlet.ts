import { serializeInterleavedFrame } from '@vedette/protocols';
import type { Outlet } from './outlet.ts';
import { customaryChannel } from './track-sender.ts';
import type { InterleavedSocket } from './track-transport.ts';
import { UnitQueue } from './unit-queue.ts';
import type { WireUnit } from './wire-unit.ts';

interface Channels {
  readonly rtp: number;
  readonly rtcp: number;
  readonly isCustomary: boolean;
}

/**
 * A viewer whose packets travel in the RTSP connection: one write a unit.
 *
 * While the socket holds more than its high-water mark, units wait here and not in the socket's own
 * queue. Node hands that queue to the kernel as one piece and counts it as written only when all
 * of it is: megabytes would seem not to move for minutes, and a slow viewer would look like a dead one.
 */
export class InterleavedOutlet implements Outlet {
  readonly #socket: InterleavedSocket;
  readonly #channels: (Channels | undefined)[] = [];
  readonly #queue = new UnitQueue();
  readonly #onDrain = (): void => this.#resume();
  #isBlocked = false;
  #copiedUnits = 0;

  constructor(socket: InterleavedSocket) {
    this.#socket = socket;
    socket.on('drain', this.#onDrain);
  }

  get queuedBytes(): number {
    return this.#queue.byteLength + this.#socket.writableLength;
  }

  get copiedUnits(): number {
    return this.#copiedUnits;
  }

  /** Agrees the channels of a track. */
  connect(trackId: number, rtp: number, rtcp: number): void {
    this.#channels[trackId] = { rtp, rtcp, isCustomary: rtp === customaryChannel(trackId) };
  }

  send(unit: WireUnit): void {
    if (this.#isBlocked) this.#queue.push(unit);
    else this.#isBlocked = !this.#write(unit);
  }

  sendRtcp(trackId: number, packet: Uint8Array): void {
    const channels = this.#channels[trackId];
    if (channels !== undefined) this.#socket.write(serializeInterleavedFrame(channels.rtcp, packet));
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  drain(): void {
    // The socket's own event does it.
  }

  clear(): void {
    this.#queue.clear();
  }

  close(): void {
    this.#queue.clear();
    this.#socket.off('drain', this.#onDrain);
  }

  /** @returns whether more may be written before `drain`. */
  #write(unit: WireUnit): boolean {
    const channels = this.#channels[unit.trackId];
    if (channels === undefined) return true;
    if (channels.isCustomary) return this.#socket.write(unit.bytes);
    this.#copiedUnits += 1;
    return this.#socket.write(unit.onChannel(channels.rtp));
  }

  #resume(): void {
    let mayWrite = true;
    this.#socket.cork();
    for (let unit = this.#queue.first; unit !== undefined && mayWrite; unit = this.#queue.first) {
      mayWrite = this.#write(unit);
      this.#queue.shift();
    }
    this.#isBlocked = !mayWrite;
    this.#socket.uncork();
  }
}
