import { totalLength, type AccessUnit } from './access-unit.ts';
import { H264Pictures } from './codecs/h264/h264-pictures.ts';
import { H265Pictures } from './codecs/h265/h265-pictures.ts';
import { NAL_LIMITS } from './codecs/nal-units.ts';
import { NalRole, type PictureCodec } from './codecs/picture-codec.ts';
import { ProtocolError } from './errors.ts';
import type { NalTrack } from './track.ts';

/**
 * Turns the NAL units of coded pictures, as any source gives them, into access units that keep the
 * rules of {@link AccessUnit}. One instance per track; NAL units are passed on as views, never copied.
 */
export interface VideoAssembler {
  /**
   * The track that the units belong to: `undefined` until its parameter sets are known. Another object
   * takes its place when they change, always at a random access unit.
   */
  readonly track: NalTrack | undefined;

  /**
   * Takes the NAL units of one picture, in decoding order, without start codes.
   *
   * @param nals all NAL units of the picture and what goes with it; the array is not kept, its elements are
   * @param pts presentation time, integer ticks of the clock rate, unwrapped. A PTS that breaks the order
   * which the parameter sets promise is raised, so that decoding times never decrease: a source whose clock
   * jumps back anchors it anew before it comes here.
   * @returns `undefined` where there is nothing to pass on: no picture, only parameter sets; nothing to
   * start decoding with yet; or pictures that refer to others from before the start.
   * @throws {ProtocolError} a parameter set or slice is bad, or the picture exceeds a limit:
   * `ERR_NAL_COUNT`, `ERR_PICTURE_SIZE`.
   */
  push(nals: readonly Uint8Array[], pts: number): AccessUnit | undefined;
}

/**
 * Creates the assembler of one track.
 *
 * @param id place of the track in its stream
 * @param clockRate ticks per second of the PTS
 * @param parameterSets VPS, SPS and PPS NAL units that are known from elsewhere (SDP, a container)
 * @throws {ProtocolError} a parameter set is bad.
 */
export function createVideoAssembler(
  codec: NalTrack['codec'],
  id: number,
  clockRate: number,
  parameterSets: readonly Uint8Array[] = [],
): VideoAssembler {
  const pictures = codec === 'h264' ? new H264Pictures(id, clockRate) : new H265Pictures(id, clockRate);
  return new PictureAssembler(pictures, parameterSets);
}

/** The NAL units of one picture, looked through once. */
interface Picture {
  /** What is kept of them. */
  readonly data: Uint8Array[];
  readonly byteLength: number;
  readonly firstSlice: Uint8Array | undefined;
  /** Role of the first slice, and so of the picture. */
  readonly role: NalRole;
}

class PictureAssembler implements VideoAssembler {
  readonly #codec: PictureCodec;
  #track: NalTrack | undefined;
  /** A random access unit was passed on, and what came since can be decoded. */
  #hasStarted = false;
  /** Skipped leading pictures of the last random access point need pictures that the decoder has not. */
  #skipsLeading = false;
  /**
   * PTS of the random access unit that the stream began with, until the next one. The leading pictures of
   * an open GOP are presented before it and may need what came before the start.
   */
  #startPts = Number.NEGATIVE_INFINITY;

  constructor(codec: PictureCodec, parameterSets: readonly Uint8Array[]) {
    this.#codec = codec;
    for (const nal of parameterSets) {
      if (codec.roleOf(nal) === NalRole.parameterSet) codec.addParameterSet(nal);
    }
    this.#track = codec.announcedTrack();
  }

  get track(): NalTrack | undefined {
    return this.#track;
  }

  push(nals: readonly Uint8Array[], pts: number): AccessUnit | undefined {
    const picture = lookThrough(nals, this.#codec);
    const { firstSlice, role } = picture;
    if (firstSlice === undefined) return undefined;
    const isRandomAccess = role >= NalRole.recoverySlice;
    const canBeDecoded = isRandomAccess ? this.#start(firstSlice, role, pts) : this.#goesOn(role, pts);
    const track = this.#track;
    if (!canBeDecoded || track === undefined) return undefined;
    const dts = this.#codec.decodingTime(firstSlice, pts);
    const data = isRandomAccess ? this.#withParameterSets(picture.data) : picture.data;
    return {
      track,
      pts: Math.max(pts, dts),
      dts,
      isRandomAccess,
      data,
      byteLength: isRandomAccess ? totalLength(data) : picture.byteLength,
      wallClockMs: Number.NaN,
    };
  }

  #start(firstSlice: Uint8Array, role: NalRole, pts: number): boolean {
    const track = this.#codec.activate(firstSlice);
    if (track === undefined) {
      this.#hasStarted = false;
      return false;
    }
    this.#track = track;
    this.#skipsLeading = !this.#hasStarted || role === NalRole.brokenLinkSlice;
    this.#startPts = this.#hasStarted ? Number.NEGATIVE_INFINITY : pts;
    this.#hasStarted = true;
    return true;
  }

  #goesOn(role: NalRole, pts: number): boolean {
    if (!this.#hasStarted || pts < this.#startPts) return false;
    return role !== NalRole.skippedLeadingSlice || !this.#skipsLeading;
  }

  /** All live parameter sets in front, once: a viewer may start here, whatever this unit came with. */
  #withParameterSets(data: readonly Uint8Array[]): Uint8Array[] {
    const rest = data.filter((nal) => this.#codec.roleOf(nal) !== NalRole.parameterSet);
    return [...this.#codec.parameterSets(), ...rest];
  }
}

function lookThrough(nals: readonly Uint8Array[], codec: PictureCodec): Picture {
  if (nals.length > NAL_LIMITS.count) {
    throw new ProtocolError(
      'ERR_NAL_COUNT',
      `${nals.length} NAL units in a picture, at most ${NAL_LIMITS.count}`,
    );
  }
  const data: Uint8Array[] = [];
  let byteLength = 0;
  let firstSlice: Uint8Array | undefined;
  let role: NalRole = NalRole.slice;
  let hasRecoveryPoint = false;
  for (const nal of nals) {
    const nalRole = codec.roleOf(nal);
    if (nalRole === NalRole.dropped) continue;
    if (nalRole === NalRole.parameterSet) codec.addParameterSet(nal);
    else if (nalRole === NalRole.recoveryPoint) hasRecoveryPoint = true;
    else if (firstSlice === undefined && nalRole >= NalRole.slice) {
      firstSlice = nal;
      role = hasRecoveryPoint && nalRole === NalRole.slice ? NalRole.recoverySlice : nalRole;
    }
    data.push(nal);
    byteLength += nal.length;
  }
  if (byteLength > NAL_LIMITS.pictureBytes) {
    throw new ProtocolError(
      'ERR_PICTURE_SIZE',
      `${byteLength} bytes in a picture, at most ${NAL_LIMITS.pictureBytes}`,
    );
  }
  return { data, byteLength, firstSlice, role };
}
