import { findStartCode, NAL_LIMITS, ProtocolError, splitAnnexB, trimmedNal } from '@vedette/media';
import type { DepacketizedUnit, Depacketizer } from './depacketizer.ts';
import { RTP_LIMITS } from './limits.ts';
import type { RtpPacket } from './packet.ts';
import { SequenceWatcher } from './sequence.ts';

/** What a payload format hands over while it reads a payload. */
export interface NalSink {
  /** A whole NAL unit. */
  nalUnit(bytes: Uint8Array): void;
  /**
   * A piece of a NAL unit. `header` is the NAL header as one big-endian number of the format's
   * `headerLength`; it counts at the start only.
   */
  fragment(header: number, bytes: Uint8Array, isStart: boolean, isEnd: boolean): void;
}

/** What is particular to one codec. */
export interface VideoPayloadFormat {
  /** Bytes of a NAL header: 1 in H.264, 2 in H.265. */
  readonly headerLength: 1 | 2;
  /** Whether a NAL unit is (a slice of) a coded picture. */
  isSlice(nalUnit: Uint8Array): boolean;
  /** Whether a slice is the first one of its picture. */
  isFirstSlice(slice: Uint8Array): boolean;
  /** @throws {ProtocolError} The payload is malformed. */
  read(payload: Uint8Array, into: NalSink): void;
}

const NO_UNITS: readonly DepacketizedUnit[] = [];

/**
 * Puts pictures together from RTP packets, whatever the codec.
 *
 * A picture ends at the marker bit, so that it can be shown at once, or where the timestamp changes,
 * for cameras that never set the marker. Cameras that set it on every slice are found out by a slice
 * that continues a picture thought complete: from then on only timestamps end pictures. A marker in
 * the middle of a NAL unit or on parameter sets alone ends nothing.
 */
export class VideoDepacketizer implements Depacketizer {
  readonly #format: VideoPayloadFormat;
  readonly #sequence = new SequenceWatcher();
  readonly #sink: NalSink;

  #timestamp = 0;
  /** Some packet of the picture at `#timestamp` came, and its end did not. */
  #isOpen = false;
  /** The open picture misses something: what else comes of it is not kept. */
  #isDamaged = false;
  #hasSlice = false;
  #nalUnits: Uint8Array[] = [];
  /** Bytes in `#nalUnits` and `#fragments`. */
  #byteLength = 0;
  /** Header of the NAL unit that comes in fragments now. */
  #fragmentHeader: number | undefined;
  #fragments: Uint8Array[] = [];

  /** The next NAL unit follows a gap (or nothing) and must show that it starts its picture. */
  #isUnproven = true;
  #followsLoss = false;
  #damagedUnits = 0;
  #trustsMarker = true;
  #hasSeenMarker = false;
  /** Timestamp of the picture that a marker ended, while the next packet may continue it. */
  #endedTimestamp: number | undefined;
  #completed: DepacketizedUnit[] = [];

  constructor(format: VideoPayloadFormat) {
    this.#format = format;
    this.#sink = {
      nalUnit: (bytes) => this.#onNalUnit(bytes),
      fragment: (header, bytes, isStart, isEnd) => this.#onFragment(header, bytes, isStart, isEnd),
    };
  }

  get damagedUnits(): number {
    return this.#damagedUnits;
  }

  push(packet: RtpPacket): readonly DepacketizedUnit[] {
    const continuity = this.#sequence.next(packet);
    if (continuity === 'stale') return NO_UNITS;
    if (continuity === 'gap') this.#onGap(packet.timestamp);
    // Empty payloads keep NAT bindings alive or probe bandwidth, and belong to no picture.
    if (packet.payload.length > 0) this.#take(packet);
    return this.#takeCompleted();
  }

  flush(): readonly DepacketizedUnit[] {
    // Where markers end pictures, one without is not whole.
    const lacksMarker = this.#hasSeenMarker && this.#hasSlice;
    if (this.#fragmentHeader !== undefined || lacksMarker) this.#isDamaged = true;
    this.#endPicture();
    return this.#takeCompleted();
  }

  #take(packet: RtpPacket): void {
    const { timestamp } = packet;
    try {
      if (this.#isOpen && timestamp !== this.#timestamp) this.#onTimestampChange();
      this.#timestamp = timestamp;
      this.#isOpen = true;
      this.#format.read(packet.payload, this.#sink);
    } catch (error) {
      this.#timestamp = timestamp;
      this.#isOpen = true;
      this.#isDamaged = true;
      this.#dropContents();
      throw error;
    }
    const isWhole = this.#fragmentHeader === undefined && (this.#hasSlice || this.#isDamaged);
    if (packet.marker && isWhole && this.#trustsMarker) {
      this.#hasSeenMarker = true;
      this.#endPicture();
      this.#endedTimestamp = timestamp;
    }
  }

  /** Packets are missing: the picture in progress lost its end, the next one maybe its start. */
  #onGap(timestamp: number): void {
    if (this.#isOpen) {
      this.#isDamaged = true;
      this.#dropContents();
      if (timestamp !== this.#timestamp) this.#endPicture();
    }
    this.#isUnproven = !this.#isOpen;
    this.#followsLoss = true;
    this.#endedTimestamp = undefined;
  }

  #onTimestampChange(): void {
    // Nothing was lost in between, so an open NAL unit is whole: some cameras never set the end bit.
    this.#closeFragments();
    // Parameter sets may have a time of their own: they stay for the picture that follows.
    if (this.#hasSlice || this.#isDamaged) this.#endPicture();
  }

  #onFragment(header: number, bytes: Uint8Array, isStart: boolean, isEnd: boolean): void {
    if (isStart) {
      this.#closeFragments();
      this.#fragmentHeader = header;
    }
    if (this.#fragmentHeader === undefined) this.#isDamaged = true;
    if (this.#isDamaged) {
      this.#dropContents();
      return;
    }
    if (this.#fragments.length >= RTP_LIMITS.fragments) {
      throw new ProtocolError(
        'ERR_RTP_FRAGMENTS',
        `More than ${RTP_LIMITS.fragments} fragments in a NAL unit`,
      );
    }
    this.#count(bytes.length);
    this.#fragments.push(bytes);
    // CostarHD cameras set start and end in one fragment, which the RFCs forbid: a whole NAL unit.
    if (isEnd) this.#closeFragments();
  }

  /** Joins the fragments, the only copy made on the way in. */
  #closeFragments(): void {
    const header = this.#fragmentHeader;
    if (header === undefined) return;
    const { headerLength } = this.#format;
    const fragments = this.#fragments;
    let length = 0;
    for (const fragment of fragments) length += fragment.length;
    const nalUnit = new Uint8Array(headerLength + length);
    if (headerLength === 2) nalUnit[0] = header >> 8;
    nalUnit[headerLength - 1] = header;
    let at: number = headerLength;
    for (const fragment of fragments) {
      nalUnit.set(fragment, at);
      at += fragment.length;
    }
    this.#byteLength -= length;
    this.#fragmentHeader = undefined;
    this.#fragments = [];
    this.#onNalUnit(nalUnit);
  }

  /**
   * Some cameras leave Annex B start codes in: in front of a NAL unit (whose header is never zero), or
   * with a whole picture glued into one "NAL unit" that begins with a parameter set. Slices are not
   * searched for them: that would be one more pass over all video.
   */
  #onNalUnit(bytes: Uint8Array): void {
    if (this.#fragmentHeader !== undefined) this.#closeFragments();
    const startsWithCode = bytes[0] === 0 && bytes[1] === 0;
    const codeAt = startsWithCode || !this.#format.isSlice(bytes) ? findStartCode(bytes, 0) : -1;
    if (codeAt === -1) {
      if (!startsWithCode) this.#add(bytes); // else zeros that fill a packet
      return;
    }
    this.#add(trimmedNal(bytes, 0, codeAt));
    for (const nalUnit of splitAnnexB(bytes.subarray(codeAt))) this.#add(nalUnit);
  }

  #add(nalUnit: Uint8Array): void {
    if (nalUnit.length < this.#format.headerLength) return;
    const isSlice = this.#format.isSlice(nalUnit);
    if (isSlice && !this.#hasSlice && !this.#format.isFirstSlice(nalUnit)) this.#onLateStart();
    this.#hasSlice ||= isSlice;
    this.#isUnproven = false;
    if (this.#isDamaged) return;
    if (this.#nalUnits.length >= NAL_LIMITS.count) {
      throw new ProtocolError('ERR_NAL_COUNT', `More than ${NAL_LIMITS.count} NAL units in one picture`);
    }
    this.#count(nalUnit.length);
    this.#nalUnits.push(nalUnit);
  }

  /** The first slice we see of a picture is not its first: lost, sent in any order, or cut off by a marker. */
  #onLateStart(): void {
    if (this.#isUnproven) this.#isDamaged = true;
    if (this.#endedTimestamp === this.#timestamp) {
      this.#trustsMarker = false;
      this.#hasSeenMarker = false;
      this.#isDamaged = true;
    }
  }

  #count(bytes: number): void {
    this.#byteLength += bytes;
    if (this.#byteLength > NAL_LIMITS.pictureBytes) {
      throw new ProtocolError(
        'ERR_RTP_PICTURE_TOO_LARGE',
        `A picture of more than ${NAL_LIMITS.pictureBytes} bytes`,
      );
    }
  }

  #endPicture(): void {
    if (this.#isDamaged) {
      this.#damagedUnits += 1;
      this.#followsLoss = true;
    } else if (this.#hasSlice) {
      this.#completed.push({
        timestamp: this.#timestamp,
        data: this.#nalUnits,
        byteLength: this.#byteLength,
        followsLoss: this.#followsLoss,
      });
      this.#followsLoss = false;
    }
    this.#dropContents();
    this.#isOpen = false;
    this.#isDamaged = false;
    this.#hasSlice = false;
    this.#isUnproven = false;
    this.#endedTimestamp = undefined;
  }

  #dropContents(): void {
    this.#nalUnits = [];
    this.#fragments = [];
    this.#fragmentHeader = undefined;
    this.#byteLength = 0;
  }

  #takeCompleted(): readonly DepacketizedUnit[] {
    if (this.#completed.length === 0) return NO_UNITS;
    const units = this.#completed;
    this.#completed = [];
    return units;
  }
}
