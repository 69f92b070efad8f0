import { rescale, type AccessUnit, type DemuxerOutput, type Track } from '@vedette/media';

const CLOCK_RATE = 90_000;
const PERIOD = 2 ** 33;
/** Origins further apart than this belong to clocks that have nothing to do with each other, in ticks. */
const MAX_APART = 60 * CLOCK_RATE;

/** One of the playlists that are played together. */
export interface JoinedRendition {
  readonly output: DemuxerOutput;
  /** Nothing will come of it: the others do not wait for it. */
  leave(): void;
}

interface Member {
  tracks: readonly Track[] | undefined;
  /** Place of its first track among all. */
  firstId: number;
  /** What its times are moved by, in ticks of 90 kHz. */
  shift: number;
  readonly origin: () => number;
  held: AccessUnit[];
}

/** Units that a rendition may bring while the others are waited for. */
const MAX_HELD = 4096;

/** Makes one set of tracks, on one time line, of what several demuxers find: pictures and sound of separate playlists. */
export class RenditionJoin {
  readonly #output: DemuxerOutput;
  readonly #members: Member[] = [];
  /** What each member's tracks are among all. */
  readonly #joined = new WeakMap<Track, Track>();
  #origin: number | undefined;
  #isOpen = false;

  constructor(output: DemuxerOutput) {
    this.#output = output;
  }

  /** @param origin the container's time that the demuxer made zero, in ticks of 90 kHz; asked once tracks are known. */
  add(origin: () => number): JoinedRendition {
    const member: Member = { tracks: undefined, firstId: 0, shift: 0, origin, held: [] };
    this.#members.push(member);
    return {
      output: {
        onTracks: (tracks) => this.#onTracks(member, tracks),
        onUnit: (unit) => this.#onUnit(member, unit),
      },
      leave: () => {
        if (member.tracks === undefined) this.#onTracks(member, []);
      },
    };
  }

  #onTracks(member: Member, tracks: readonly Track[]): void {
    const isFirst = member.tracks === undefined;
    member.tracks = tracks;
    if (isFirst && tracks.length > 0) {
      // Those who come later are moved to where the first one is.
      this.#origin ??= member.origin();
      const apart = shortest(member.origin() - this.#origin);
      member.shift = Math.abs(apart) > MAX_APART ? 0 : apart;
    }
    if (this.#members.some((each) => each.tracks === undefined)) return;
    this.#announce();
  }

  #announce(): void {
    let id = 0;
    const all: Track[] = [];
    for (const member of this.#members) {
      member.firstId = id;
      for (const track of member.tracks ?? []) {
        const joined = { ...track, id: id++ };
        this.#joined.set(track, joined);
        all.push(joined);
      }
    }
    if (all.length === 0) return;
    this.#isOpen = true;
    this.#output.onTracks(all);
    for (const member of this.#members) {
      const { held } = member;
      member.held = [];
      for (const unit of held) this.#pass(member, unit);
    }
  }

  #onUnit(member: Member, unit: AccessUnit): void {
    if (this.#isOpen) this.#pass(member, unit);
    else if (member.held.length < MAX_HELD) member.held.push(unit);
  }

  #pass(member: Member, unit: AccessUnit): void {
    let track = this.#joined.get(unit.track);
    if (track === undefined) {
      // Its parameters have changed.
      track = { ...unit.track, id: member.firstId + unit.track.id };
      this.#joined.set(unit.track, track);
    }
    const moved = rescale(member.shift, CLOCK_RATE, track.clockRate);
    this.#output.onUnit({ ...unit, track, pts: unit.pts + moved, dts: unit.dts + moved });
  }
}

/** The 33 bits of MPEG-TS may have wrapped between the two. */
function shortest(ticks: number): number {
  return ticks - Math.round(ticks / PERIOD) * PERIOD;
}
