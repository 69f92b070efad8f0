/** A rendition that a viewer may be given. */
export interface QualityOption {
  readonly name: string;
  /** Bits a second that it takes. */
  readonly bitrate: number;
}

/** What is known of the way to one viewer; the newest of each. */
export interface LineReport {
  /** How long bytes wait on their way, beyond what the way itself takes, in milliseconds. */
  readonly delayMs: number;
  /** Share that is lost for good, 0 to 1. */
  readonly loss: number;
  /** Bits a second that arrive: what the way carries, while bytes wait. `undefined`: not known. */
  readonly throughput?: number | undefined;
  /** Bits a second that the way could carry, as measured on bursts. `undefined`: not known. */
  readonly capacity?: number | undefined;
}

/** Where a viewer is and how it got there; made by `startQuality`, stepped by `decideQuality`. */
export interface QualityState {
  /** Name of the option that it is given. */
  readonly current: string;
  /** When that began. */
  readonly sinceMs: number;
  /** When the way was last seen to be too narrow; `undefined`: never. */
  readonly congestedMs: number | undefined;
  /** When the congestion that goes on now began. */
  readonly congestedSinceMs: number | undefined;
  /** How long the way has to be clear before more is tried. */
  readonly holdOffMs: number;
  /** The present option is one up from what was known to pass. */
  readonly isProbe: boolean;
}

/** Bytes that wait this long are a queue that grows, and no burst. */
const DELAY_MS = 250;
const LOSS = 0.08;
/** Less than that, where bursts show that the line is too narrow. */
const NARROW_DELAY_MS = 120;
/** So much that there is nothing to wait for. */
const SEVERE_DELAY_MS = 700;
const SEVERE_LOSS = 0.25;
/** Congestion has to last, or one large picture would be enough. */
const SUSTAINED_MS = 200;
/** After a change, what was sent before it is still on its way. */
const SETTLE_MS = 1500;
/** Clear: nothing waits to speak of. */
const CLEAR_DELAY_MS = 150;
const CLEAR_LOSS = 0.02;
/** Nothing is tried sooner than this after the change before, or after congestion. */
const FIRST_HOLD_OFF_MS = 5000;
const LONGEST_HOLD_OFF_MS = 80_000;
/** A rung that held this long was no mistake. */
const PROVEN_MS = 10_000;
/** Share of what gets through that a rung may take. */
const SAFE_SHARE = 0.85;
/** A rung goes up only to what the way is measured to carry with this to spare. */
const HEADROOM = 1.25;
/** Measured capacity may be wrong: after so many times the hold-off, more is tried against it. */
const AGAINST_MEASURE = 6;

/** A viewer begins with `current`. */
export function startQuality(current: string, nowMs: number): QualityState {
  return {
    current,
    sinceMs: nowMs,
    congestedMs: undefined,
    congestedSinceMs: undefined,
    holdOffMs: FIRST_HOLD_OFF_MS,
    isProbe: false,
  };
}

/**
 * The state after a report.
 *
 * Down: as soon as the way has been too narrow for a fifth of a second, or at once where bursts show it to be, to the
 * best option that fits into what gets through. Up: when it has been clear for the hold-off, to the best that bursts
 * show it to carry; where nothing is measured, one rung, as a probe. A probe that fails doubles the hold-off.
 *
 * @param options from the best to the least, at least one; where the present one is no longer among them, the next
 * best takes its place at once
 * @param nowMs any clock that only goes forward
 */
export function decideQuality(
  state: QualityState,
  report: LineReport,
  options: readonly QualityOption[],
  nowMs: number,
): QualityState {
  const index = options.findIndex(({ name }) => name === state.current);
  if (index === -1) return moved(state, best(options, report, state), nowMs, false);
  const bitrate = options[index]?.bitrate ?? 0;
  const observed = observe(state, report, bitrate, nowMs);
  if (isTooNarrow(observed, report, bitrate, nowMs)) return goDown(observed, report, options, index, nowMs);
  return goUp(observed, report, options, index, nowMs);
}

/** Bursts show that the way carries less than it is given, and bytes begin to wait. */
function isNarrow({ delayMs, capacity }: LineReport, bitrate: number): boolean {
  return capacity !== undefined && capacity < bitrate && delayMs > NARROW_DELAY_MS;
}

function observe(state: QualityState, report: LineReport, bitrate: number, nowMs: number): QualityState {
  const { delayMs, loss } = report;
  const isCongested = isNarrow(report, bitrate) || delayMs > DELAY_MS || loss > LOSS;
  const isProven = state.isProbe && nowMs - state.sinceMs >= PROVEN_MS;
  return {
    ...state,
    congestedSinceMs: isCongested ? (state.congestedSinceMs ?? nowMs) : undefined,
    // Neither clear nor congested: what is tried next has to wait all the same.
    congestedMs: delayMs > CLEAR_DELAY_MS || loss > CLEAR_LOSS ? nowMs : state.congestedMs,
    isProbe: state.isProbe && !isProven,
    holdOffMs: isProven ? FIRST_HOLD_OFF_MS : state.holdOffMs,
  };
}

function isTooNarrow(
  { congestedSinceMs, sinceMs }: QualityState,
  report: LineReport,
  bitrate: number,
  nowMs: number,
): boolean {
  if (congestedSinceMs === undefined || nowMs - sinceMs < SETTLE_MS) return false;
  // What waits while this is made sure of is in the way of the smaller pictures, too.
  const isCertain =
    isNarrow(report, bitrate) || report.delayMs > SEVERE_DELAY_MS || report.loss > SEVERE_LOSS;
  return isCertain || nowMs - congestedSinceMs >= SUSTAINED_MS;
}

function goDown(
  state: QualityState,
  { throughput, capacity = Number.POSITIVE_INFINITY }: LineReport,
  options: readonly QualityOption[],
  index: number,
  nowMs: number,
): QualityState {
  const lower = options.slice(index + 1);
  const least = lower.at(-1);
  if (least === undefined) return state;
  const target =
    throughput === undefined
      ? (lower[0] ?? least)
      : (lower.find(({ bitrate }) => bitrate <= SAFE_SHARE * Math.min(throughput, capacity)) ?? least);
  const holdOffMs = state.isProbe ? Math.min(LONGEST_HOLD_OFF_MS, 2 * state.holdOffMs) : state.holdOffMs;
  return { ...moved(state, target.name, nowMs, false), holdOffMs };
}

function goUp(
  state: QualityState,
  { capacity }: LineReport,
  options: readonly QualityOption[],
  index: number,
  nowMs: number,
): QualityState {
  const next = options[index - 1];
  const clearMs = nowMs - Math.max(state.sinceMs, state.congestedMs ?? Number.NEGATIVE_INFINITY);
  if (next === undefined || clearMs < state.holdOffMs) return state;
  if (capacity === undefined) return moved(state, next.name, nowMs, true);
  const fitting = options.slice(0, index).find(({ bitrate }) => bitrate * HEADROOM <= capacity);
  if (fitting !== undefined) return moved(state, fitting.name, nowMs, true);
  return clearMs < AGAINST_MEASURE * state.holdOffMs ? state : moved(state, next.name, nowMs, true);
}

/** For a viewer whose option is gone, or who asks for more than before: the best, as far as the way is known. */
function best(
  options: readonly QualityOption[],
  { throughput, capacity }: LineReport,
  { congestedMs }: QualityState,
): string {
  const [first] = options;
  const least = options.at(-1);
  if (first === undefined || least === undefined) throw new RangeError('a viewer needs at least one option');
  const carried = capacity ?? throughput;
  if (congestedMs === undefined || carried === undefined) return first.name;
  return (options.find(({ bitrate }) => bitrate <= SAFE_SHARE * carried) ?? least).name;
}

function moved(state: QualityState, current: string, nowMs: number, isProbe: boolean): QualityState {
  return { ...state, current, sinceMs: nowMs, congestedSinceMs: undefined, isProbe };
}
