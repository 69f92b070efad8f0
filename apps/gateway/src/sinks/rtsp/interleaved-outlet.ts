import { serializeInterleavedFrame } from '@vedette/protocols';
import { SocketOutlet } from '../socket-outlet.ts';
import type { Outlet } from './outlet.ts';
import { customaryChannel } from './track-sender.ts';
import type { OutletSocket } from '../socket-outlet.ts';
import type { WireUnit } from './wire-unit.ts';

interface Channels {
  readonly rtp: number;
  readonly rtcp: number;
  readonly isCustomary: boolean;
}

/** A viewer whose packets travel in the RTSP connection: one write a unit. */
export class InterleavedOutlet implements Outlet {
  readonly #socket: OutletSocket;
  readonly #channels: (Channels | undefined)[] = [];
  readonly #units: SocketOutlet;
  #copiedUnits = 0;

  constructor(socket: OutletSocket) {
    this.#socket = socket;
    this.#units = new SocketOutlet(socket);
  }

  get queuedBytes(): number {
    return this.#units.queuedBytes;
  }

  get copiedUnits(): number {
    return this.#copiedUnits;
  }

  /** Agrees the channels of a track. */
  connect(trackId: number, rtp: number, rtcp: number): void {
    this.#channels[trackId] = { rtp, rtcp, isCustomary: rtp === customaryChannel(trackId) };
  }

  send(unit: WireUnit): void {
    const channels = this.#channels[unit.trackId];
    if (channels === undefined) return;
    if (channels.isCustomary) {
      this.#units.send(unit.bytes);
      return;
    }
    this.#copiedUnits += 1;
    this.#units.send(unit.onChannel(channels.rtp));
  }

  sendRtcp(trackId: number, packet: Uint8Array): void {
    const channels = this.#channels[trackId];
    if (channels !== undefined) this.#socket.write(serializeInterleavedFrame(channels.rtcp, packet));
  }

  cork(): void {
    this.#units.cork();
  }

  uncork(): void {
    this.#units.uncork();
  }

  drain(): void {
    // The socket's own event does it.
  }

  clear(): void {
    this.#units.clear();
  }

  close(): void {
    this.#units.close();
  }
}
