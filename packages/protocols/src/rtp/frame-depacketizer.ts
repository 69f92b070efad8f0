import { NAL_LIMITS, ProtocolError } from '@vedette/media';
import type { DepacketizedUnit, Depacketizer } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';
import { SequenceWatcher } from './sequence.ts';

/** What is particular to one codec: puts one frame together. */
export interface FrameFormat {
  /** Whether a frame can begin with this payload. */
  startsFrame(payload: Uint8Array): boolean;
  /**
   * Adds the next payload of the frame.
   *
   * @throws {ProtocolError} it is malformed, or does not follow the ones before.
   */
  add(payload: Uint8Array): void;
  /**
   * The frame's parts; the next one begins.
   *
   * @throws {ProtocolError} its end is missing.
   */
  take(): Uint8Array[];
  /** Forgets the frame in progress. */
  drop(): void;
}

const NO_UNITS: readonly DepacketizedUnit[] = [];

/**
 * Puts frames together from RTP packets of codecs that are not made of NAL units. A frame ends at the
 * marker bit, or where the timestamp changes; one that misses a packet is left out whole.
 */
export class FrameDepacketizer implements Depacketizer {
  readonly #format: FrameFormat;
  readonly #sequence = new SequenceWatcher();
  #timestamp = 0;
  /** Some packet of the frame at `#timestamp` came, and its end did not. */
  #isOpen = false;
  #isDamaged = false;
  #byteLength = 0;
  #followsLoss = false;
  #damagedUnits = 0;
  #hasSeenMarker = false;
  #completed: DepacketizedUnit[] = [];

  constructor(format: FrameFormat) {
    this.#format = format;
  }

  get damagedUnits(): number {
    return this.#damagedUnits;
  }

  push(packet: RtpPacket): readonly DepacketizedUnit[] {
    const continuity = this.#sequence.next(packet);
    if (continuity === 'stale') return NO_UNITS;
    if (continuity === 'gap') this.#onGap();
    // Empty payloads probe bandwidth, and belong to no frame.
    if (packet.payload.length > 0) this.#take(packet);
    return this.#takeCompleted();
  }

  flush(): readonly DepacketizedUnit[] {
    // Where markers end frames, one without is not whole.
    if (this.#isOpen && this.#hasSeenMarker) this.#isDamaged = true;
    this.#endFrame();
    return this.#takeCompleted();
  }

  #onGap(): void {
    this.#followsLoss = true;
    if (this.#isOpen) this.#damage();
  }

  #take({ timestamp, payload, marker }: RtpPacket): void {
    if (this.#isOpen && timestamp !== this.#timestamp) this.#endFrame();
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#timestamp = timestamp;
      if (!this.#format.startsFrame(payload)) this.#damage();
    }
    try {
      if (!this.#isDamaged) this.#add(payload);
    } catch (error) {
      this.#damage();
      throw error;
    } finally {
      if (marker) {
        this.#hasSeenMarker = true;
        this.#endFrame();
      }
    }
  }

  #add(payload: Uint8Array): void {
    this.#byteLength += payload.length;
    if (this.#byteLength > NAL_LIMITS.pictureBytes) {
      throw new ProtocolError(
        'ERR_RTP_PICTURE_TOO_LARGE',
        `A picture of more than ${NAL_LIMITS.pictureBytes} bytes`,
      );
    }
    this.#format.add(payload);
  }

  #damage(): void {
    this.#isDamaged = true;
    this.#followsLoss = true;
    this.#format.drop();
  }

  #endFrame(): void {
    if (!this.#isOpen) return;
    if (this.#isDamaged) this.#damagedUnits += 1;
    else this.#complete();
    this.#isOpen = false;
    this.#isDamaged = false;
    this.#byteLength = 0;
  }

  #complete(): void {
    let data: Uint8Array[];
    try {
      data = this.#format.take();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#damagedUnits += 1;
      this.#damage();
      return;
    }
    let byteLength = 0;
    for (const part of data) byteLength += part.length;
    if (byteLength === 0) return;
    const followsLoss = this.#followsLoss;
    this.#followsLoss = false;
    this.#completed.push({ timestamp: this.#timestamp, data, byteLength, followsLoss });
  }

  #takeCompleted(): readonly DepacketizedUnit[] {
    if (this.#completed.length === 0) return NO_UNITS;
    const units = this.#completed;
    this.#completed = [];
    return units;
  }
}
