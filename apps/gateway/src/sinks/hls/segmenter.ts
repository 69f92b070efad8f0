import { mediaSegment, type AccessUnit, type Track } from '@vedette/media';
import { fitsPlan, planParts, type PartPlan } from './part-plan.ts';
import { SegmentSchedule } from './segment-schedule.ts';
import { TrackRun } from './track-run.ts';

/** What a segmenter makes, in order: parts, and after the last part of each segment its end. */
export interface SegmenterOutput {
  part(part: {
    /** One `moof` and `mdat`; not written to any more. */
    readonly bytes: Uint8Array;
    /** Seconds. */
    readonly duration: number;
    /** It begins with a random access point. */
    readonly isIndependent: boolean;
    /** When the first unit of the leading track was captured. */
    readonly wallClockMs: number;
    /** Decoding time of that unit as written, seconds. */
    readonly startSeconds: number;
  }): void;
  /**
   * @param isBroken time does not go on from here: the next segment is discontinuous.
   * @param next what the next segment begins with, where time goes on.
   */
  endSegment(isBroken: boolean, next: AccessUnit | undefined): void;
}

export interface SegmenterOptions {
  readonly partSeconds: number;
  readonly segmentSeconds: number;
  readonly maxSegmentSeconds: number;
  readonly maxSegmentBytes: number;
  /** Shared by all renditions of a camera; one of its own where absent. */
  readonly schedule?: SegmentSchedule;
}

/** Distances remembered to plan parts by. */
const MAX_DISTANCES = 512;

/**
 * Cuts the units of one set of tracks into parts and segments.
 *
 * The first video track leads (or the first audio track where there is no video): parts and segments end
 * between its pictures, segments before a random access point. Audio goes into the part that is open
 * when it arrives; its times are exact, its place is not, for waiting would cost latency.
 */
export class Segmenter {
  readonly #options: SegmenterOptions;
  readonly #output: SegmenterOutput;
  readonly #schedule: SegmentSchedule;
  readonly #runs: readonly TrackRun[];
  readonly #leader: TrackRun;
  #plan: PartPlan;
  #sequenceNumber: number;
  #distances: number[] = [];
  #segmentTicks = 0;
  #segmentBytes = 0;
  #partWallClockMs = Number.NaN;
  #isStarted = false;

  /**
   * @param tracks at least one, all playable.
   * @param cached units from the past, to plan the parts by.
   * @param sequenceNumber of the first fragment.
   */
  constructor(
    tracks: readonly [Track, ...Track[]],
    cached: readonly AccessUnit[],
    sequenceNumber: number,
    options: SegmenterOptions,
    output: SegmenterOutput,
  ) {
    this.#options = options;
    this.#output = output;
    this.#schedule = options.schedule ?? new SegmentSchedule(options.segmentSeconds);
    const leader = new TrackRun(tracks.find(({ kind }) => kind === 'video') ?? tracks[0]);
    this.#leader = leader;
    this.#runs = tracks.map((track) => (track === leader.track ? leader : new TrackRun(track)));
    this.#sequenceNumber = sequenceNumber;
    const { track } = leader;
    const frameRate = track.kind === 'video' ? track.video.frameRate : undefined;
    this.#plan = planParts(
      distancesOf(cached, track),
      options.partSeconds,
      frameRate === undefined || frameRate <= 0 ? undefined : 1 / frameRate,
    );
  }

  /** No regular part lasts longer, seconds. */
  get partTarget(): number {
    return this.#plan.partTarget;
  }

  /** Typical distance of the leading track's units, seconds. */
  get unitSeconds(): number {
    return this.#plan.unitSeconds;
  }

  /** Up to where sound is in the parts so far, seconds of the stream; `undefined` where there is none. */
  get soundEndSeconds(): number | undefined {
    return this.#runs.find(({ track }) => track.kind === 'audio')?.endSeconds;
  }

  /** Number of the next fragment. */
  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /**
   * One unit, in decoding order; units of other tracks are ignored.
   */
  push(unit: AccessUnit): void {
    const run = this.#runs.find(({ track }) => track === unit.track);
    if (run === undefined) return;
    if (run === this.#leader) this.#pushLeading(unit);
    else if (this.#isStarted) this.#segmentBytes += run.push(unit);
  }

  /** Nothing follows: what is held goes out and the segment ends. */
  finish(): void {
    for (const run of this.#runs) if (run !== this.#leader) run.flush();
    this.#breakOff();
  }

  #pushLeading(unit: AccessUnit): void {
    const { held, track } = this.#leader;
    if (held === undefined) {
      if (!unit.isRandomAccess) return;
      this.#isStarted = true;
      this.#schedule.begin(unit.pts / unit.track.clockRate);
      this.#leader.held = unit;
      return;
    }
    const duration = Math.max(0, unit.dts - held.dts);
    const seconds = duration / track.clockRate;
    if (unit.isRandomAccess && seconds > 2 * this.#plan.partTarget) {
      // A hole. One endless picture would make an endless part: time starts anew behind it instead.
      this.#breakOff();
      this.#schedule.begin(unit.pts / unit.track.clockRate);
    } else {
      this.#appendLeading(held, duration);
      if (this.#endsSegment(unit)) this.#endSegment(false, unit);
      else if (this.#endsPart()) this.#endPart();
    }
    this.#leader.held = unit;
  }

  #appendLeading(unit: AccessUnit, duration: number): void {
    const run = this.#leader;
    const { clockRate } = run.track;
    if (run.samples.length > 0 && (run.ticks + duration) / clockRate > this.#plan.partTarget + 1e-6) {
      this.#endPart();
    }
    if (run.samples.length === 0) this.#partWallClockMs = unit.wallClockMs;
    run.append(unit, duration);
    this.#segmentBytes += unit.byteLength;
    this.#segmentTicks += duration;
    if (this.#distances.length < MAX_DISTANCES) this.#distances.push(duration / clockRate);
  }

  /** No further unit is expected to fit; three quarters of one leave room for jitter. */
  #endsPart(): boolean {
    const { ticks, track } = this.#leader;
    return ticks / track.clockRate + 0.75 * this.#plan.unitSeconds > this.#plan.partTarget;
  }

  #endsSegment(next: AccessUnit): boolean {
    const { maxSegmentSeconds, maxSegmentBytes } = this.#options;
    const seconds = this.#segmentTicks / this.#leader.track.clockRate;
    if (next.isRandomAccess && this.#schedule.endsAt(next.pts / next.track.clockRate)) return true;
    const isTooLarge = seconds >= maxSegmentSeconds || this.#segmentBytes >= maxSegmentBytes;
    return isTooLarge && this.#endsPart();
  }

  /** What is held goes out, as long as units usually are, and time ends there. */
  #breakOff(): void {
    const { held, track } = this.#leader;
    if (held !== undefined) this.#appendLeading(held, Math.round(this.#plan.unitSeconds * track.clockRate));
    this.#leader.held = undefined;
    this.#endSegment(true, undefined);
  }

  #endPart(): void {
    const { ticks, baseDts, track, samples } = this.#leader;
    const [first] = samples;
    if (first === undefined) return;
    const startSeconds = baseDts / track.clockRate;
    const duration = ticks / track.clockRate;
    for (const run of this.#runs) {
      if (run !== this.#leader) run.fillSilence(startSeconds, startSeconds + duration);
    }
    const runs = this.#runs.filter((run) => run.samples.length > 0);
    const bytes = mediaSegment({
      sequenceNumber: this.#sequenceNumber++,
      hasSegmentType: this.#segmentTicks === this.#leader.ticks,
      tracks: runs.map((run) => ({ track: run.track, baseDts: run.baseDts, samples: run.samples })),
    });
    for (const run of runs) run.clear();
    this.#output.part({
      bytes,
      duration,
      isIndependent: first.isSync,
      wallClockMs: this.#partWallClockMs,
      startSeconds,
    });
  }

  #endSegment(isBroken: boolean, next: AccessUnit | undefined): void {
    this.#endPart();
    if (this.#segmentTicks > 0 || isBroken) this.#output.endSegment(isBroken, next);
    this.#segmentTicks = 0;
    this.#segmentBytes = 0;
    if (!fitsPlan(this.#plan, this.#distances)) {
      this.#plan = planParts(this.#distances, this.#options.partSeconds, undefined);
    }
    this.#distances = [];
  }
}

/** Distances in decoding order of the units of `track` among `units`, seconds. */
function distancesOf(units: readonly AccessUnit[], track: Track): number[] {
  const distances: number[] = [];
  let before: AccessUnit | undefined;
  for (const unit of units) {
    if (unit.track !== track) continue;
    if (before !== undefined && distances.length < MAX_DISTANCES) {
      distances.push((unit.dts - before.dts) / track.clockRate);
    }
    before = unit;
  }
  return distances;
}
