import { sameBytes } from '../../same-track.ts';
import type { Av1Track } from '../../track.ts';
import type { CodedFrame, FrameCodec } from '../frame-codec.ts';
import { av1SequenceHeaderOf, createAv1Track } from './av1-track.ts';
import { AV1_LIMITS, ObuType, splitObus, tooManyObus, withSizeField, type Obu } from './obu.ts';

const KEY_FRAME = 0;

/** Makes temporal units of AV1 what the rules of an access unit ask for. */
export class Av1Frames implements FrameCodec {
  readonly #id: number;
  readonly #clockRate: number;
  #track: Av1Track | undefined;

  constructor(id: number, clockRate: number, announced?: Av1Track) {
    this.#id = id;
    this.#clockRate = clockRate;
    this.#track = announced;
  }

  get track(): Av1Track | undefined {
    return this.#track;
  }

  /** `data` holds OBUs, any number to each part. */
  read(data: readonly Uint8Array[]): CodedFrame | undefined {
    const obus = data.flatMap(splitObus);
    if (obus.length > AV1_LIMITS.obus) throw tooManyObus();
    const frame = obus.find(({ type }) => type === ObuType.frame || type === ObuType.frameHeader);
    const sequenceHeader = obus.find(({ type }) => type === ObuType.sequenceHeader);
    if (sequenceHeader !== undefined) this.#activate(sequenceHeader);
    const track = this.#track;
    if (frame === undefined || track === undefined) return undefined;
    const isRandomAccess = isShownKeyFrame(frame);
    const rest = obus.filter(isKept).map(withSizeField);
    return { track, isRandomAccess, data: isRandomAccess ? [av1SequenceHeaderOf(track), ...rest] : rest };
  }

  #activate(sequenceHeader: Obu): void {
    const bytes = withSizeField(sequenceHeader);
    if (this.#track !== undefined && sameBytes(av1SequenceHeaderOf(this.#track), bytes)) return;
    this.#track = createAv1Track(this.#id, this.#clockRate, bytes);
  }
}

/** Sequence headers go in front of random access units, once; they only change there (AV1 §7.5). */
function isKept({ type }: Obu): boolean {
  return (
    type !== ObuType.sequenceHeader &&
    type !== ObuType.temporalDelimiter &&
    type !== ObuType.padding &&
    type !== ObuType.tileList
  );
}

/** `show_existing_frame` 0, `frame_type` key, `show_frame` 1 (§5.9.2): what decoding can start at. */
function isShownKeyFrame({ payload }: Obu): boolean {
  const bits = payload[0] ?? 0xff;
  const showsExisting = (bits & 0x80) !== 0;
  const frameType = (bits >> 5) & 0x03;
  const isShown = (bits & 0x10) !== 0;
  return !showsExisting && frameType === KEY_FRAME && isShown;
}
