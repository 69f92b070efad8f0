import { SYNC_BYTE, TS_PACKET_BYTES } from './packet.ts';

const HEADER_BYTES = 4;
const PAYLOAD_BYTES = TS_PACKET_BYTES - HEADER_BYTES;
const PCR_FLAG = 0x10;
const RANDOM_ACCESS_FLAG = 0x40;
/** Length and flags of an adaptation field, and a PCR. */
const FLAGS_BYTES = 2;
const PCR_BYTES = 6;

/** What stands in the adaptation field of the first packet of a PES packet. */
export interface PacketStart {
  readonly isRandomAccess: boolean;
  /** Ticks of 90 kHz, 33 bits. */
  readonly pcr: number | undefined;
}

function adaptationBytes({ isRandomAccess, pcr }: PacketStart): number {
  return (isRandomAccess || pcr !== undefined ? FLAGS_BYTES : 0) + (pcr === undefined ? 0 : PCR_BYTES);
}

/** Transport packets that `bytes` of a PES packet take. */
export function packetCount(bytes: number, start: PacketStart): number {
  return Math.ceil((bytes + adaptationBytes(start)) / PAYLOAD_BYTES);
}

/** Writes transport packets one behind the other into a buffer of the size that they need. */
export class PacketWriter {
  readonly bytes: Uint8Array;
  /** Where the next byte goes. */
  #offset = 0;
  /** End of the packet at hand. */
  #packetEnd = 0;
  #pid = 0;
  #counter = 0;
  /** Bytes of the PES packet that are still to come. */
  #left = 0;

  constructor(packets: number) {
    this.bytes = new Uint8Array(packets * TS_PACKET_BYTES);
  }

  /**
   * Begins a PES packet of `length` bytes, which `write` and `byte` then have to bring.
   *
   * @param counter the continuity counter of its first packet
   */
  begin(pid: number, counter: number, length: number, start: PacketStart): void {
    this.#pid = pid;
    this.#counter = counter;
    this.#left = length;
    const field = adaptationBytes(start);
    this.#packet(0x40, Math.max(field, PAYLOAD_BYTES - length), start);
  }

  /** One packet without payload, which carries the clock. `counter` is that of the packet before. */
  clock(pid: number, counter: number, pcr: number): void {
    this.#pid = pid;
    this.#counter = counter;
    this.#left = 0;
    this.#packet(0, PAYLOAD_BYTES, { isRandomAccess: false, pcr });
  }

  /** One packet that is there already. */
  copy(packet: Uint8Array): void {
    this.bytes.set(packet, this.#offset);
    this.#offset += packet.length;
  }

  write(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      if (this.#offset === this.#packetEnd) this.#next();
      const count = Math.min(bytes.length - from, this.#packetEnd - this.#offset);
      // `set` of a view costs more than a few bytes do.
      if (count === bytes.length) this.bytes.set(bytes, this.#offset);
      else this.bytes.set(bytes.subarray(from, from + count), this.#offset);
      this.#offset += count;
      this.#left -= count;
      from += count;
    }
  }

  #next(): void {
    this.#counter = (this.#counter + 1) & 0x0f;
    this.#packet(0, Math.max(0, PAYLOAD_BYTES - this.#left), NO_START);
  }

  /** Header and adaptation field of a packet; `field` bytes for the latter, stuffing included. */
  #packet(startFlag: number, field: number, { isRandomAccess, pcr }: PacketStart): void {
    const { bytes } = this;
    let offset = this.#offset;
    this.#packetEnd = offset + TS_PACKET_BYTES;
    bytes[offset++] = SYNC_BYTE;
    bytes[offset++] = startFlag | (this.#pid >>> 8);
    bytes[offset++] = this.#pid & 0xff;
    const control = (field > 0 ? 0x20 : 0) | (field < PAYLOAD_BYTES ? 0x10 : 0);
    bytes[offset++] = control | this.#counter;
    this.#offset = offset + field;
    if (field === 0) return;
    bytes[offset++] = field - 1;
    if (field === 1) return;
    bytes[offset++] = (isRandomAccess ? RANDOM_ACCESS_FLAG : 0) | (pcr === undefined ? 0 : PCR_FLAG);
    if (pcr !== undefined) {
      writePcr(bytes, offset, pcr);
      offset += PCR_BYTES;
    }
    bytes.fill(0xff, offset, this.#offset);
  }
}

const NO_START: PacketStart = { isRandomAccess: false, pcr: undefined };

/** program_clock_reference (ISO 13818-1 §2.4.3.5): 33 bits of 90 kHz, and an extension of 0. */
function writePcr(out: Uint8Array, offset: number, pcr: number): void {
  const high = Math.floor(pcr / 2);
  out[offset] = high >>> 24;
  out[offset + 1] = (high >>> 16) & 0xff;
  out[offset + 2] = (high >>> 8) & 0xff;
  out[offset + 3] = high & 0xff;
  out[offset + 4] = ((pcr & 1) << 7) | 0x7e;
  out[offset + 5] = 0;
}
