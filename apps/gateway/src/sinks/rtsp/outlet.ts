import type { WireUnit } from './wire-unit.ts';

/** The way to one viewer: takes units in order and holds those that cannot leave yet. */
export interface Outlet {
  /** Bytes that were taken and have not left the process. */
  readonly queuedBytes: number;
  /** Units that needed a copy of their own, because the viewer numbers its channels in its own way. */
  readonly copiedUnits: number;
  /** @param nowMs any steady clock, the same as `drain`'s. */
  send(unit: WireUnit, nowMs: number): void;
  /** Sends one RTCP packet, ahead of units that wait. */
  sendRtcp(trackId: number, packet: Uint8Array): void;
  /** What is sent between `cork` and `uncork` leaves together. */
  cork(): void;
  uncork(): void;
  /** Sends what the pace allows by now. Nothing to do where the peer's socket sets the pace. */
  drain(nowMs: number): void;
  /** Forgets what waits. */
  clear(): void;
  /** Lets go of the socket, which belongs to the server. */
  close(): void;
}
