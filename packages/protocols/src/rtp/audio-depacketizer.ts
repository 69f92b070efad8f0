import type { DepacketizedUnit, Depacketizer } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';
import { SequenceWatcher } from './sequence.ts';

/** Takes a whole frame whose time is the packet's plus `ticks`. */
export type EmitFrame = (frame: Uint8Array, ticks: number) => void;

/** What is particular to one codec. */
export interface AudioPayloadReader {
  /**
   * Emits the frames that `packet` completes; its payload is not empty.
   *
   * @throws {ProtocolError} The payload is malformed.
   */
  read(packet: RtpPacket, emit: EmitFrame): void;
  /** Drops the frame in progress; whether there was one. */
  drop(): boolean;
}

/** Opus (RFC 7587 §4.2) and G.711 (RFC 3551 §4.5.14): a payload is a frame. */
export const plainPayloadReader: AudioPayloadReader = {
  read: ({ payload }, emit) => emit(payload, 0),
  drop: () => false,
};

const NO_UNITS: readonly DepacketizedUnit[] = [];

/** Takes audio frames out of RTP packets, whatever the codec. */
export class AudioDepacketizer implements Depacketizer {
  readonly #reader: AudioPayloadReader;
  readonly #sequence = new SequenceWatcher();
  #damagedUnits = 0;
  #followsLoss = false;

  constructor(reader: AudioPayloadReader) {
    this.#reader = reader;
  }

  get damagedUnits(): number {
    return this.#damagedUnits;
  }

  push(packet: RtpPacket): readonly DepacketizedUnit[] {
    const continuity = this.#sequence.next(packet);
    if (continuity === 'stale') return NO_UNITS;
    if (continuity === 'gap') {
      this.#followsLoss = true;
      if (this.#reader.drop()) this.#damagedUnits += 1;
    }
    if (packet.payload.length === 0) return NO_UNITS;
    const units: DepacketizedUnit[] = [];
    try {
      this.#reader.read(packet, (frame, ticks) => {
        units.push(this.#unit(frame, (packet.timestamp + ticks) >>> 0));
      });
    } catch (error) {
      this.#reader.drop();
      this.#damagedUnits += 1;
      this.#followsLoss = true;
      throw error;
    }
    return units;
  }

  flush(): readonly DepacketizedUnit[] {
    if (this.#reader.drop()) this.#damagedUnits += 1;
    return NO_UNITS;
  }

  #unit(frame: Uint8Array, timestamp: number): DepacketizedUnit {
    const followsLoss = this.#followsLoss;
    this.#followsLoss = false;
    return { timestamp, data: [frame], byteLength: frame.length, followsLoss };
  }
}
