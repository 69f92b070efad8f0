import { ProtocolError } from '../../errors.ts';
import { joinBytes } from './join-bytes.ts';
import { TS_LIMITS } from './limits.ts';
import { SYNC_BYTE, TS_PACKET_BYTES } from './packet.ts';

/** Distances of sync bytes: plain, behind 4 bytes of arrival time (M2TS), and with 16 bytes of Reed-Solomon code. */
const STRIDES = [TS_PACKET_BYTES, 192, 204];
/** Sync bytes in a row that prove a stride. */
const PROOFS = 3;

/**
 * Cuts a byte stream into transport packets of 188 bytes, wherever it begins, and finds the packets again after
 * rubbish. Packets are views of what was pushed, but for those that lay across two pieces.
 */
export class PacketSplitter {
  readonly #onPacket: (packet: Uint8Array) => void;
  readonly #onResync: () => void;
  #rest = new Uint8Array(0);
  /** Distance of sync bytes; 0 while it is not known. */
  #stride = 0;
  #wasSynced = false;
  #skipped = 0;

  /** @param onResync packets were lost track of, and found again. */
  constructor(onPacket: (packet: Uint8Array) => void, onResync: () => void) {
    this.#onPacket = onPacket;
    this.#onResync = onResync;
  }

  /** @throws {ProtocolError} `ERR_TS_SYNC`: there are no packets in 64 KiB. */
  push(bytes: Uint8Array): void {
    const missing = TS_PACKET_BYTES - this.#rest.length;
    // The usual case: one packet is put together, the others are views.
    if (this.#stride === TS_PACKET_BYTES && missing < TS_PACKET_BYTES && missing <= bytes.length) {
      const first = joinBytes([this.#rest, bytes.subarray(0, missing)]);
      this.#rest = new Uint8Array(0);
      this.#take(first, false);
      // Where that packet was none, some of it is left.
      this.#take(joinBytes([this.#rest, bytes.subarray(missing)]), false);
      return;
    }
    this.#take(joinBytes([this.#rest, bytes]), false);
  }

  /** Takes what is left, even where too little came to prove that it is packets. */
  flush(): void {
    this.#take(this.#rest, true);
    this.#rest = new Uint8Array(0);
  }

  #take(bytes: Uint8Array, isLast: boolean): void {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#stride === 0) {
        offset = this.#search(bytes, offset, isLast);
        if (!this.#isSynced()) break;
      }
      if (bytes.length - offset < TS_PACKET_BYTES) break;
      if (bytes[offset] !== SYNC_BYTE) {
        this.#stride = 0;
        continue;
      }
      // What stands between packets of 192 or 204 bytes has to be there before the next one is looked for.
      if (bytes.length - offset < this.#stride && !isLast) break;
      this.#skipped = 0;
      this.#onPacket(bytes.subarray(offset, offset + TS_PACKET_BYTES));
      offset = Math.min(offset + this.#stride, bytes.length);
    }
    // A copy: a view would keep the whole piece alive for its last bytes.
    this.#rest = bytes.slice(offset);
  }

  /** Looks for packets; sets the stride where they are found. @returns where they begin, or where to look on. */
  #search(bytes: Uint8Array, from: number, isLast: boolean): number {
    let offset = from;
    while (offset < bytes.length) {
      const found = bytes.indexOf(SYNC_BYTE, offset);
      const at = found === -1 ? bytes.length : found;
      this.#skip(at - offset);
      if (found === -1) return at;
      if (this.#prove(bytes, at, isLast ? 1 : PROOFS)) {
        if (this.#wasSynced) this.#onResync();
        this.#wasSynced = true;
        return at;
      }
      if (mayBePacket(bytes, at)) return at;
      this.#skip(1);
      offset = at + 1;
    }
    return offset;
  }

  #prove(bytes: Uint8Array, at: number, proofs: number): boolean {
    for (const stride of STRIDES) {
      let isProven = proofs === 1 || at + stride * (proofs - 1) < bytes.length;
      for (let i = 1; isProven && i < proofs; i++) isProven = bytes[at + i * stride] === SYNC_BYTE;
      if (!isProven) continue;
      this.#stride = stride;
      return true;
    }
    return false;
  }

  #isSynced(): boolean {
    return this.#stride !== 0;
  }

  #skip(count: number): void {
    this.#skipped += count;
    if (this.#skipped > TS_LIMITS.unsyncedBytes) {
      throw new ProtocolError(
        'ERR_TS_SYNC',
        'These bytes are no MPEG transport stream: no packets were found',
      );
    }
  }
}

/** More bytes may prove that a packet begins at `at`. */
function mayBePacket(bytes: Uint8Array, at: number): boolean {
  return STRIDES.some((stride) => {
    for (let i = 1; i < PROOFS; i++) {
      const next = at + i * stride;
      if (next >= bytes.length) return true;
      if (bytes[next] !== SYNC_BYTE) return false;
    }
    return false;
  });
}
