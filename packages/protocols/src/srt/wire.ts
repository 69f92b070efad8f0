/** Where packets are written: one at a time. */
export interface SrtWire {
  /** Room for one datagram. May be another one after each `send`. */
  readonly buffer: Uint8Array;
  /** Sends the first `length` bytes of `buffer` to the peer. */
  send(length: number): void;
}

/** Microseconds since the connection began, as packets carry it: 32 bits. */
export function wireTimestamp(nowUs: number, startUs: number): number {
  return Math.max(0, nowUs - startUs) >>> 0;
}
