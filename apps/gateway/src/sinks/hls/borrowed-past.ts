import type { AccessUnit } from '@vedette/media';
import type { HlsPart } from './segment-window.ts';

/** Where one muxer's media ends and another's may take over: between two segments, at a random access point. */
interface Joint {
  /** Presentation time of that point, seconds of the stream. */
  readonly seconds: number;
  /** Sound is there up to this time. */
  readonly soundSeconds: number;
}

/** Who lists another muxer's media as well, until it has its own. */
export interface Borrower {
  part(part: Omit<HlsPart, 'index'>, wallClockMs: number): void;
  /** @param joint where the next segment begins; `undefined` where nobody could take over. */
  endSegment(joint: Joint | undefined): void;
  /** Nothing follows, or nothing that continues what was. */
  end(): void;
}

/** Media of one's own that is kept until it is known from where it is wanted, seconds. */
const KEPT_SECONDS = 5;
const MAX_UNITS = 2048;
const SAME_SECONDS = 0.001;
/** Less than half a frame of sound. */
const SOUND_SLACK_SECONDS = 0.005;
/** A rendition has no key picture where the source has one if its last one is nearer than this. */
const KEY_DISTANCE_SECONDS = 0.5;

function secondsOf({ pts, track }: AccessUnit): number {
  return pts / track.clockRate;
}

/**
 * A muxer's own media while it still lists another's: finds the segment from which on it is its own.
 *
 * What is made anew comes later than what it is made of, and the other way round: a muxer may have the first
 * picture of a segment before or after the one that it borrows from.
 */
export class OwnBeginning {
  #units: AccessUnit[] = [];
  #bytes = 0;
  readonly #maxBytes: number;
  /** Of the first picture. */
  #firstSeconds: number | undefined;
  /** Of the newest one. */
  #lastSeconds = Number.NEGATIVE_INFINITY;
  #joint: Joint | undefined;

  /** @param maxBytes that are kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** It is known where the muxer's own media takes over. */
  get isDecided(): boolean {
    return this.#joint !== undefined;
  }

  add(unit: AccessUnit): void {
    if (unit.track.kind === 'video') {
      this.#firstSeconds ??= secondsOf(unit);
      this.#lastSeconds = Math.max(this.#lastSeconds, secondsOf(unit));
    }
    this.#units.push(unit);
    this.#bytes += unit.byteLength;
    const oldest = secondsOf(unit) - KEPT_SECONDS;
    while (this.#units.length > MAX_UNITS || this.#bytes > this.#maxBytes || this.#isOlder(oldest)) {
      this.#bytes -= this.#units.shift()?.byteLength ?? 0;
    }
  }

  /** Whether the muxer's own media takes over at `joint`: it has, or is about to have, a key picture there. */
  offer(joint: Joint): boolean {
    if (this.#firstSeconds === undefined) return false;
    const isPast = this.#lastSeconds > joint.seconds - SAME_SECONDS;
    const canJoin = isPast
      ? this.#units.some((unit) => isEntry(unit) && Math.abs(secondsOf(unit) - joint.seconds) < SAME_SECONDS)
      : this.#firstSeconds < joint.seconds - KEY_DISTANCE_SECONDS;
    if (canJoin) this.#joint = joint;
    return canJoin;
  }

  /** Nothing is borrowed any more: the next key picture does. */
  takeOver(): void {
    this.#units = [];
    this.#bytes = 0;
    this.#joint = { seconds: Number.NEGATIVE_INFINITY, soundSeconds: Number.NEGATIVE_INFINITY };
  }

  /** The units from the joint on, the first picture first; `undefined` while that is not there. */
  units(): readonly AccessUnit[] | undefined {
    const joint = this.#joint;
    if (joint === undefined) return undefined;
    const index = this.#units.findIndex(
      (unit) => isEntry(unit) && secondsOf(unit) > joint.seconds - SAME_SECONDS,
    );
    const first = this.#units[index];
    if (first === undefined) return undefined;
    // Sound is not held up by an encoder of pictures: some of what is wanted came before them.
    const rest = this.#units.filter((unit, i) =>
      unit.track.kind === 'audio' ? secondsOf(unit) > joint.soundSeconds - SOUND_SLACK_SECONDS : i > index,
    );
    return [first, ...rest];
  }

  #isOlder(seconds: number): boolean {
    const [first] = this.#units;
    return first !== undefined && secondsOf(first) < seconds;
  }
}

function isEntry({ track, isRandomAccess }: AccessUnit): boolean {
  return track.kind === 'video' && isRandomAccess;
}
