import { ProtocolError } from '../../errors.ts';
import { rescale } from '../../time.ts';
import type { AudioTrack } from '../../track.ts';
import type { ElementaryOutput, ElementaryReader } from './elementary-reader.ts';
import { joinBytes } from './join-bytes.ts';
import { TS_LIMITS } from './limits.ts';
import { PES_CLOCK_RATE } from './pes.ts';

/** How one codec's frames stand one behind the other. */
export interface AudioFraming {
  /**
   * Length of the frame that begins at `offset`, in bytes: 0 where too little is there to tell, -1 where none
   * begins.
   */
  lengthAt(bytes: Uint8Array, offset: number): number;
  /**
   * Takes out what a whole frame holds.
   *
   * @throws {ProtocolError} it is damaged, or of a kind that is not supported.
   */
  read(frame: Uint8Array): readonly AudioFrame[];
}

export interface AudioFrame {
  readonly track: AudioTrack;
  readonly data: Uint8Array;
  /** Duration in ticks of the track's clock. */
  readonly ticks: number;
}

/** Timestamps nearer to the expected time than this are rounded, not moved: in milliseconds. */
const TIME_TOLERANCE_MS = 2;
const NO_BYTES = new Uint8Array(0);

/**
 * Makes access units of the PES packets of an audio stream, whether its frames begin with the packets or lie across
 * them. Times go on by the frames' exact durations as long as the timestamps agree.
 */
export class AudioReader implements ElementaryReader {
  readonly #framing: AudioFraming;
  readonly #output: ElementaryOutput;
  #rest: Uint8Array = NO_BYTES;
  #isSynced = false;
  /** Timestamp of the next frame, in ticks of 90 kHz. */
  #stamp: number | undefined;
  /** The same in the track's clock, as the frames before it say. */
  #nextTime: number | undefined;
  #lastTime = Number.NEGATIVE_INFINITY;

  constructor(framing: AudioFraming, output: ElementaryOutput) {
    this.#framing = framing;
    this.#output = output;
  }

  push(payload: Uint8Array, pts: number | undefined): void {
    const bytes = joinBytes([this.#rest, payload]);
    // The timestamp is that of the first frame that begins in this packet (ISO 13818-1 §2.4.3.7).
    const stampedFrom = this.#rest.length;
    let stamp = pts;
    let offset = 0;
    while (offset < bytes.length) {
      const length = this.#frameLength(bytes, offset);
      if (length === 0) break;
      if (length === -1) {
        if (this.#isSynced) this.#output.onDamage();
        this.#isSynced = false;
        offset += 1;
        continue;
      }
      this.#isSynced = true;
      if (stamp !== undefined && offset >= stampedFrom) {
        this.#stamp = stamp;
        stamp = undefined;
      }
      this.#read(bytes.subarray(offset, offset + length));
      offset += length;
    }
    this.#rest = offset < bytes.length ? bytes.slice(offset) : NO_BYTES;
    if (stamp !== undefined && offset >= stampedFrom) this.#stamp = stamp;
  }

  damage(): void {
    this.#rest = NO_BYTES;
    this.#isSynced = false;
    this.#stamp = undefined;
    this.#nextTime = undefined;
  }

  flush(): void {
    this.#rest = NO_BYTES;
  }

  /** As `lengthAt`; 0 also where the frame is not whole yet. Where sync was lost the next frame has to agree. */
  #frameLength(bytes: Uint8Array, offset: number): number {
    const length = this.#framing.lengthAt(bytes, offset);
    if (length <= 0) return length;
    if (length > TS_LIMITS.audioFrameBytes) return -1;
    if (offset + length > bytes.length) return 0;
    if (!this.#isSynced && this.#framing.lengthAt(bytes, offset + length) === -1) return -1;
    return length;
  }

  #read(bytes: Uint8Array): void {
    try {
      for (const frame of this.#framing.read(bytes)) this.#emit(frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#output.onDamage(error);
    }
  }

  #emit({ track, data, ticks }: AudioFrame): void {
    if (this.#stamp !== undefined) this.#applyStamp(this.#stamp, track.clockRate);
    this.#stamp = undefined;
    // When frames in front of the first timestamp were is not known.
    if (this.#nextTime === undefined) return;
    const pts = Math.max(this.#nextTime, this.#lastTime);
    this.#lastTime = pts;
    this.#nextTime += ticks;
    this.#output.onUnit({
      track,
      pts,
      dts: pts,
      isRandomAccess: true,
      data: [data],
      byteLength: data.length,
      wallClockMs: Number.NaN,
    });
  }

  #applyStamp(pts: number, clockRate: number): void {
    const time = rescale(pts, PES_CLOCK_RATE, clockRate);
    const tolerance = (TIME_TOLERANCE_MS * clockRate) / 1000;
    if (this.#nextTime === undefined || Math.abs(time - this.#nextTime) > tolerance) this.#nextTime = time;
  }
}
