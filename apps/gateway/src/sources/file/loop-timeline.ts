import { rescale, sameTrack, type AccessUnit, type DemuxerOutput, type Track } from '@vedette/media';

/** How far one track has come. */
interface TrackPosition {
  readonly kind: Track['kind'];
  readonly clockRate: number;
  /** The earliest presentation time of this pass, as the file has it, and the two latest. */
  firstPts: number;
  lastPts: number;
  lastPtsButOne: number;
  /** Of the last unit: what lay between it and the one before. */
  duration: number;
  /** What was given out last, moved. */
  lastGiven: number;
}

/** Of a file with a single picture. */
const LONE_PICTURE_SECONDS = 0.04;

/**
 * Puts one pass through a file behind the other: the next begins exactly when the last picture's time is over, for
 * all tracks, so that picture and sound stay together over any number of passes. Sound that is longer than the
 * pictures gives way at the seam.
 */
export class LoopTimeline implements DemuxerOutput {
  readonly #output: DemuxerOutput;
  #tracks: readonly Track[] = [];
  #positions = new Map<number, TrackPosition>();
  /** What this pass's times are moved by: ticks of `#clockRate`. */
  #moved = 0;
  #clockRate = 1;
  #units = 0;

  constructor(output: DemuxerOutput) {
    this.#output = output;
  }

  onTracks(tracks: readonly Track[]): void {
    const isSame =
      tracks.length === this.#tracks.length && tracks.every((track, i) => isLike(track, this.#tracks[i]));
    if (isSame) return;
    this.#tracks = tracks;
    this.#output.onTracks(tracks);
  }

  onUnit(unit: AccessUnit): void {
    const known = this.#tracks[unit.track.id];
    const track = isLike(unit.track, known) && known !== undefined ? known : unit.track;
    if (track !== known) this.#tracks = this.#tracks.map((each) => (each.id === track.id ? track : each));
    const { clockRate, kind, id } = track;
    const offset = rescale(this.#moved, this.#clockRate, clockRate);
    const dts = unit.dts + offset;
    const position = this.#positions.get(id) ?? newPosition(kind, clockRate);
    this.#positions.set(id, position);
    const isOverlapping = kind === 'audio' && dts < position.lastGiven + position.duration / 2;
    this.#units += 1;
    meet(position, unit.pts);
    if (isOverlapping) return;
    position.lastGiven = dts;
    this.#output.onUnit({ ...unit, track, dts, pts: unit.pts + offset });
  }

  /** The file was read to its end. @returns whether there was anything in it. */
  endPass(): boolean {
    const positions = [...this.#positions.values()];
    const leading = positions.find(({ kind }) => kind === 'video') ?? positions[0];
    if (leading === undefined || this.#units === 0) return false;
    const { clockRate, firstPts, lastPts } = leading;
    const moved = rescale(this.#moved, this.#clockRate, clockRate);
    this.#moved = moved + lastPts + leading.duration - firstPts;
    this.#clockRate = clockRate;
    this.#units = 0;
    for (const position of positions) beginPass(position);
    return true;
  }
}

function newPosition(kind: Track['kind'], clockRate: number): TrackPosition {
  const none = Number.NEGATIVE_INFINITY;
  const duration = Math.round(LONE_PICTURE_SECONDS * clockRate);
  return {
    kind,
    clockRate,
    firstPts: Infinity,
    lastPts: none,
    lastPtsButOne: none,
    duration,
    lastGiven: none,
  };
}

/** Pictures come in decoding order: the latest is not the last. */
function meet(position: TrackPosition, pts: number): void {
  position.firstPts = Math.min(position.firstPts, pts);
  position.lastPtsButOne = Math.max(position.lastPtsButOne, Math.min(position.lastPts, pts));
  position.lastPts = Math.max(position.lastPts, pts);
  const step = position.lastPts - position.lastPtsButOne;
  if (Number.isFinite(step) && step > 0) position.duration = step;
}

function beginPass(position: TrackPosition): void {
  position.firstPts = Number.POSITIVE_INFINITY;
  position.lastPts = position.lastPtsButOne = Number.NEGATIVE_INFINITY;
}

function isLike(track: Track, known: Track | undefined): boolean {
  return known !== undefined && sameTrack(track, known);
}
