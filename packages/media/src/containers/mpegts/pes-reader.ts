import { NAL_LIMITS } from '../../codecs/nal-units.ts';
import { joinBytes } from './join-bytes.ts';
import { TS_LIMITS } from './limits.ts';
import { TS_PACKET_BYTES, type PacketHeader } from './packet.ts';
import { parsePesHeader, type PesHeader } from './pes.ts';

/** What a {@link PesReader} tells. */
export interface PesOutput {
  onPes(header: PesHeader, payload: Uint8Array): void;
  /** A PES packet was given up, or its beginning never came. */
  onDamage(): void;
}

/** PES packets that ended in stuffing, none of them going on behind it, until stuffing is taken for their end. */
const STUFFING_PROOFS = 8;

/**
 * Puts the PES packets of one PID together from transport packets.
 *
 * A packet is given out as soon as it is whole: where its length is told, when that has come. Where it is not
 * (video), a packet that begins behind it ends it, one picture late; but muxers fill up the last transport packet
 * of a PES packet by stuffing in its adaptation field (ISO 13818-1 §2.4.3.5 wants it there and nowhere else), and
 * one that has done so eight times and never in the middle is believed: then stuffing ends a picture at once.
 */
export class PesReader {
  readonly #output: PesOutput;
  readonly #limit: number;
  #pieces: Uint8Array[] = [];
  #byteLength = 0;
  /** Of the PES packet at hand; 0 where it is not told. */
  #packetLength = 0;
  #isOpen = false;
  #followsStuffing = false;
  #stuffingProofs = 0;

  constructor(output: PesOutput, { isVideo }: { readonly isVideo: boolean }) {
    this.#output = output;
    this.#limit = isVideo ? NAL_LIMITS.pictureBytes + 65_536 : TS_LIMITS.audioPesBytes;
  }

  /** @param isContinuous no packet is missing in front of this one. */
  push(header: PacketHeader, packet: Uint8Array, isContinuous: boolean): void {
    if (!isContinuous) this.#giveUp();
    if (header.payloadStart === TS_PACKET_BYTES) return;
    if (header.isStart) {
      this.#finish();
      this.#isOpen = true;
    } else if (!this.#isOpen) {
      // What stuffing had ended goes on: this muxer stuffs anywhere.
      if (this.#followsStuffing) this.#distrust();
      return;
    } else if (this.#followsStuffing) this.#distrust();
    this.#append(packet.subarray(header.payloadStart), header.hasStuffing);
  }

  /** Gives out what has come. */
  flush(): void {
    this.#finish();
  }

  #append(payload: Uint8Array, hasStuffing: boolean): void {
    if (this.#pieces.length === 0) this.#packetLength = packetLengthOf(payload);
    this.#pieces.push(payload);
    this.#byteLength += payload.length;
    if (this.#byteLength > this.#limit) {
      this.#giveUp();
      return;
    }
    if (this.#packetLength !== 0) {
      if (this.#byteLength >= this.#packetLength) this.#finish();
      return;
    }
    this.#followsStuffing = hasStuffing;
    if (hasStuffing && this.#stuffingProofs >= STUFFING_PROOFS) this.#close();
  }

  #finish(): void {
    if (this.#followsStuffing && this.#stuffingProofs < STUFFING_PROOFS) this.#stuffingProofs += 1;
    this.#followsStuffing = false;
    this.#close();
  }

  #close(): void {
    if (!this.#isOpen) return;
    const bytes = joinBytes(this.#pieces);
    const isShort = this.#byteLength < this.#packetLength;
    this.#clear();
    const header = parsePesHeader(bytes);
    if (isShort) this.#output.onDamage();
    else if (header !== undefined) {
      const end = header.packetLength === 0 ? bytes.length : header.packetLength;
      this.#output.onPes(header, bytes.subarray(header.headerLength, end));
    }
  }

  #giveUp(): void {
    if (!this.#isOpen) return;
    this.#clear();
    this.#followsStuffing = false;
    this.#output.onDamage();
  }

  #distrust(): void {
    this.#stuffingProofs = Number.NEGATIVE_INFINITY;
    this.#followsStuffing = false;
    if (!this.#isOpen) this.#output.onDamage();
  }

  #clear(): void {
    this.#isOpen = false;
    this.#pieces = [];
    this.#byteLength = 0;
    this.#packetLength = 0;
  }
}

function packetLengthOf(start: Uint8Array): number {
  const length = ((start[4] ?? 0) << 8) | (start[5] ?? 0);
  return length === 0 ? 0 : 6 + length;
}
