import type { Outlet } from './outlet.ts';
import type { DatagramPeer } from './track-transport.ts';
import { UnitQueue } from '../unit-queue.ts';
import type { WireUnit } from './wire-unit.ts';

/** Sent at once at most: what the smallest default receive buffer (208 KB on Linux) takes with ease. */
const BURST_BYTES = 64 * 1024;
/** 32 Mbit/s: catches up with the group of pictures of a 4 Mbit/s camera in a quarter of a second. */
const MIN_BYTES_PER_MS = 4000;
/** A backlog is to be gone after about this long, whatever the stream's bitrate. */
const CATCH_UP_MS = 300;
/** A late timer is made up for, up to this. */
const MAX_LAPSE_MS = 20;

/**
 * A viewer that is sent datagrams.
 *
 * Paced by a token bucket: a new viewer's group of pictures, or a huge key picture, would else
 * overflow the receiver's buffer, where nothing repairs it.
 */
export class DatagramOutlet implements Outlet {
  readonly copiedUnits = 0;
  readonly #peers: (DatagramPeer | undefined)[] = [];
  readonly #queue = new UnitQueue<WireUnit>();
  readonly #onBacklog: () => void;
  #sentOfFirst = 0;
  #tokens = BURST_BYTES;
  #filledAtMs = Number.NEGATIVE_INFINITY;

  /** @param onBacklog Called when something has to wait: call `drain` every few milliseconds from then on. */
  constructor(onBacklog: () => void) {
    this.#onBacklog = onBacklog;
  }

  get queuedBytes(): number {
    return this.#queue.byteLength;
  }

  /** Agrees the peer of a track. */
  connect(trackId: number, peer: DatagramPeer): void {
    this.#peers[trackId] = peer;
  }

  send(unit: WireUnit, nowMs: number): void {
    this.#queue.push(unit);
    this.drain(nowMs);
  }

  sendRtcp(trackId: number, packet: Uint8Array): void {
    this.#peers[trackId]?.sendRtcp(packet);
  }

  cork(): void {
    // Datagrams leave one by one.
  }

  uncork(): void {
    // Nothing was held back.
  }

  drain(nowMs: number): void {
    const elapsedMs = Math.max(0, Math.min(nowMs - this.#filledAtMs, 1000));
    this.#filledAtMs = nowMs;
    const rate = Math.max(MIN_BYTES_PER_MS, this.#queue.byteLength / CATCH_UP_MS);
    this.#tokens = Math.min(Math.max(BURST_BYTES, rate * MAX_LAPSE_MS), this.#tokens + elapsedMs * rate);
    for (let unit = this.#queue.first; unit !== undefined; unit = this.#queue.first) {
      if (!this.#sendPackets(unit)) {
        this.#onBacklog();
        return;
      }
      this.#queue.shift();
      this.#sentOfFirst = 0;
    }
  }

  clear(): void {
    this.#queue.clear();
    this.#sentOfFirst = 0;
  }

  close(): void {
    this.clear();
  }

  /** @returns whether all packets of `unit` have been sent. */
  #sendPackets(unit: WireUnit): boolean {
    const peer = this.#peers[unit.trackId];
    const { packets } = unit;
    for (let index = this.#sentOfFirst; index < packets.length; index += 1) {
      const packet = packets[index];
      if (packet === undefined || peer === undefined) break;
      if (this.#tokens <= 0) {
        this.#sentOfFirst = index;
        return false;
      }
      this.#tokens -= packet.length;
      peer.sendRtp(packet);
    }
    return true;
  }
}
