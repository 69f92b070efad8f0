import { H264NalType, h264NalType, isH264Vcl } from '../../codecs/h264/nal-unit-type.ts';
import { H265NalType, h265NalType, isH265Vcl } from '../../codecs/h265/nal-unit-type.ts';
import { findStartCode, NAL_LIMITS, splitAnnexB } from '../../codecs/nal-units.ts';
import { ProtocolError } from '../../errors.ts';
import type { NalTrack } from '../../track.ts';
import { createVideoAssembler, type VideoAssembler } from '../../video-assembler.ts';
import { ContainerDts } from '../container-dts.ts';
import type { ElementaryOutput, ElementaryReader } from './elementary-reader.ts';
import { joinBytes } from './join-bytes.ts';
import { PES_CLOCK_RATE } from './pes.ts';

/** Of a picture whose time nothing tells: 30 pictures a second. */
const GUESSED_FRAME_TICKS = 3000;

/** What came of one access unit so far. */
interface OpenPicture {
  readonly pieces: Uint8Array[];
  byteLength: number;
  readonly pts: number;
  readonly dts: number;
}

/**
 * Makes access units of the PES packets of H.264 or H.265.
 *
 * One PES packet holds one access unit, as every muxer in use writes it; those that spread a large picture over
 * several, of which only the first is stamped, are found out by the first continuation, and from then on a picture
 * is given out when the next stamped one begins. Where a packet holds several access units, delimiters part them.
 */
export class VideoReader implements ElementaryReader {
  readonly #codec: NalTrack['codec'];
  readonly #output: ElementaryOutput;
  readonly #assembler: VideoAssembler;
  #open: OpenPicture | undefined;
  #spreadsPictures = false;
  readonly #dts = new ContainerDts();
  #nextTime = 0;

  constructor(codec: NalTrack['codec'], output: ElementaryOutput) {
    this.#codec = codec;
    this.#output = output;
    this.#assembler = createVideoAssembler(codec, 0, PES_CLOCK_RATE);
  }

  push(payload: Uint8Array, pts: number | undefined, dts: number | undefined): void {
    if (pts === undefined && !this.#startsUnit(payload)) {
      this.#continue(payload);
      return;
    }
    this.#finish();
    const time = pts ?? this.#nextTime;
    this.#open = { pieces: [payload], byteLength: payload.length, pts: time, dts: dts ?? time };
    if (!this.#spreadsPictures) this.#finish();
  }

  damage(): void {
    this.#open = undefined;
  }

  flush(): void {
    this.#finish();
  }

  #continue(payload: Uint8Array): void {
    const open = this.#open;
    if (open === undefined) {
      // The picture's beginning is out already, or was lost.
      if (this.#spreadsPictures) return;
      this.#spreadsPictures = true;
      this.#output.onDamage();
      return;
    }
    open.pieces.push(payload);
    open.byteLength += payload.length;
    if (open.byteLength <= NAL_LIMITS.pictureBytes) return;
    this.#open = undefined;
    this.#output.onDamage();
  }

  #finish(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    try {
      this.#read(joinBytes(open.pieces), open.pts, open.dts);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#output.onDamage(error);
    }
  }

  #read(bytes: Uint8Array, pts: number, dts: number): void {
    const start = findStartCode(bytes, 0);
    if (start === -1) return;
    const pictures = this.#partAtDelimiters(splitAnnexB(bytes.subarray(start)));
    const ticks = this.#frameTicks();
    pictures.forEach((nals, index) => {
      const unit = this.#assembler.push(nals, pts + index * ticks);
      if (unit !== undefined)
        this.#output.onUnit(this.#dts.apply(unit, pts + index * ticks, dts + index * ticks));
    });
    this.#nextTime = pts + Math.max(1, pictures.length) * ticks;
  }

  #partAtDelimiters(nals: readonly Uint8Array[]): Uint8Array[][] {
    const pictures: Uint8Array[][] = [];
    let picture: Uint8Array[] = [];
    let hasSlice = false;
    for (const nal of nals) {
      if (hasSlice && this.#isDelimiter(nal)) {
        pictures.push(picture);
        picture = [];
        hasSlice = false;
      }
      hasSlice ||= this.#codec === 'h264' ? isH264Vcl(h264NalType(nal)) : isH265Vcl(h265NalType(nal));
      picture.push(nal);
    }
    pictures.push(picture);
    return pictures;
  }

  #frameTicks(): number {
    const frameRate = this.#assembler.track?.video.frameRate;
    return frameRate === undefined ? GUESSED_FRAME_TICKS : Math.round(PES_CLOCK_RATE / frameRate);
  }

  /** Whether the payload begins with an access unit delimiter, and so with a picture of its own. */
  #startsUnit(payload: Uint8Array): boolean {
    const start = findStartCode(payload, 0, Math.min(8, payload.length));
    return start !== -1 && start <= 1 && this.#isDelimiter(payload.subarray(start + 3));
  }

  #isDelimiter(nal: Uint8Array): boolean {
    return this.#codec === 'h264'
      ? h264NalType(nal) === H264NalType.accessUnitDelimiter
      : h265NalType(nal) === H265NalType.accessUnitDelimiter;
  }
}
