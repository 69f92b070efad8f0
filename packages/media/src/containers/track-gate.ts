import type { AccessUnit } from '../access-unit.ts';
import { sameTrack } from '../same-track.ts';
import { rescale } from '../time.ts';
import type { Track } from '../track.ts';
import type { DemuxerOutput } from './demuxer.ts';

/** Times here are in this clock, whatever the tracks' are. */
const GATE_CLOCK_RATE = 90_000;
/** How long a container may go on before its video has come: a GOP of a saving camera. */
const VIDEO_PATIENCE = 15 * GATE_CLOCK_RATE;
/** The same for sound, which comes at once or not at all. */
const AUDIO_PATIENCE = 2 * GATE_CLOCK_RATE;
const HELD_UNITS = 2048;
const HELD_BYTES = 16 * 1024 * 1024;

interface ExpectedTrack {
  readonly kind: Track['kind'];
  /** As its reader made it, with any id. */
  inner: Track | undefined;
  /** The same with its place in the announced tracks. */
  outer: Track | undefined;
  shift: number;
}

interface HeldUnit {
  readonly key: number;
  readonly unit: AccessUnit;
}

/**
 * Stands between the readers of a container's tracks and a demuxer's output: holds units until every expected
 * track is known (or has been waited for long enough), gives the tracks their ids, and moves all times so that the
 * first unit is at zero.
 */
export class TrackGate {
  readonly #output: DemuxerOutput;
  #expected = new Map<number, ExpectedTrack>();
  #announced: readonly ExpectedTrack[] = [];
  #isOpen = false;
  #held: HeldUnit[] = [];
  #heldBytes = 0;
  /** Since when tracks are waited for. */
  #waitsSince: number | undefined;
  /** What all times are moved by; `undefined` before the first unit. */
  #origin: number | undefined;

  constructor(output: DemuxerOutput) {
    this.#output = output;
  }

  /** What all times were moved back by, in ticks of 90 kHz. */
  get origin(): number {
    return this.#origin ?? 0;
  }

  /** Units pass. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What the container promises now, by keys of the caller, in the order in which tracks get their ids. */
  expect(kinds: ReadonlyMap<number, Track['kind']>): void {
    const before = this.#expected;
    this.#expected = new Map(
      Array.from(kinds, ([key, kind]) => [
        key,
        before.get(key) ?? { kind, inner: undefined, outer: undefined, shift: 0 },
      ]),
    );
    this.#held = this.#held.filter(({ key }) => kinds.has(key));
    this.#heldBytes = this.#held.reduce((sum, { unit }) => sum + unit.byteLength, 0);
    const isSame = before.size === kinds.size && [...before.keys()].every((key) => kinds.has(key));
    if (isSame) return;
    this.#isOpen = false;
    this.#waitsSince = undefined;
    this.#openIfKnown();
  }

  /** The container has come to this time, in ticks of 90 kHz: tracks that stay away are not waited for longer. */
  advance(time: number): void {
    if (this.#isOpen) return;
    this.#waitsSince ??= time;
    const waited = time - this.#waitsSince;
    if (waited > VIDEO_PATIENCE || (waited > AUDIO_PATIENCE && !this.#isVideoMissing())) this.#open();
  }

  /** One unit of an expected track; those of others are left out. */
  unit(key: number, unit: AccessUnit): void {
    const track = this.#expected.get(key);
    if (track === undefined) return;
    const isNew = track.inner === undefined;
    if (track.inner !== unit.track) {
      track.inner = unit.track;
      if (track.outer?.codec !== unit.track.codec) track.outer = undefined;
      else {
        const next = { ...unit.track, id: track.outer.id };
        if (!sameTrack(next, track.outer)) track.outer = next;
      }
    }
    if (this.#isOpen) {
      if (track.outer === undefined) this.#open(); // one that was not waited for, or that has another codec
      this.#pass(track, unit);
      return;
    }
    this.#hold(key, unit);
    if (isNew) this.#openIfKnown();
  }

  /** Nothing more comes: what is held goes out. */
  flush(): void {
    if (!this.#isOpen) this.#open();
  }

  #isVideoMissing(): boolean {
    return [...this.#expected.values()].some(({ kind, inner }) => kind === 'video' && inner === undefined);
  }

  #openIfKnown(): void {
    if ([...this.#expected.values()].every(({ inner }) => inner !== undefined)) this.#open();
  }

  #open(): void {
    const known = [...this.#expected.values()].filter(({ inner }) => inner !== undefined);
    if (known.length === 0) return;
    // Those that were announced before keep their places.
    const tracks = known.toSorted((a, b) => placeOf(this.#announced, a) - placeOf(this.#announced, b));
    const held = this.#held;
    if (held.length > 0) this.#origin ??= Math.min(...held.map(({ unit }) => gateTime(unit)));
    tracks.forEach((track, id) => {
      if (track.inner === undefined) return;
      track.outer = { ...track.inner, id };
      track.shift = rescale(this.#origin ?? 0, GATE_CLOCK_RATE, track.inner.clockRate);
    });
    this.#announced = tracks;
    this.#isOpen = true;
    this.#held = [];
    this.#heldBytes = 0;
    this.#output.onTracks(tracks.flatMap(({ outer }) => outer ?? []));
    for (const { key, unit } of held) {
      const track = this.#expected.get(key);
      if (track !== undefined) this.#pass(track, unit);
    }
  }

  #pass(track: ExpectedTrack, unit: AccessUnit): void {
    const { outer, shift } = track;
    if (outer === undefined) return;
    this.#output.onUnit({ ...unit, track: outer, pts: unit.pts - shift, dts: unit.dts - shift });
  }

  /** Sound in front of the first picture is of little use: its oldest goes first. */
  #hold(key: number, unit: AccessUnit): void {
    this.#held.push({ key, unit });
    this.#heldBytes += unit.byteLength;
    if (this.#held.length <= HELD_UNITS && this.#heldBytes <= HELD_BYTES) return;
    if (this.#isVideoMissing()) this.#heldBytes -= this.#held.shift()?.unit.byteLength ?? 0;
    else this.#open();
  }
}

function placeOf(tracks: readonly ExpectedTrack[], track: ExpectedTrack): number {
  const place = tracks.indexOf(track);
  return place === -1 ? tracks.length : place;
}

function gateTime({ dts, track }: AccessUnit): number {
  return rescale(dts, track.clockRate, GATE_CLOCK_RATE);
}
