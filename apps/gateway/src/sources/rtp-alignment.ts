import { ntpToUnixMs } from '@vedette/media';
import type { RtpInfo, SenderReport } from '@vedette/protocols';
import type { RtpTimeline } from './rtp-timeline.ts';

/** Senders whose own statements differ from what arrives by more than this speak of something else. */
const MAX_DISAGREEMENT_MS = 5000;
/** RTP-Info is often made up: what it says of live media must be close to what happens. */
const MAX_RTP_INFO_DISAGREEMENT_MS = 1000;
/** A camera's clock that is further off than this was never set: it says nothing about the time of day. */
const MAX_CLOCK_ERROR_MS = 24 * 3600 * 1000;
/** A sender report is about now: about this far from the latest unit, at most. */
const MAX_REPORT_AGE_MS = 10_000;
/** An error that everybody hears is not worked off slowly. */
const SHIFT_MS = 100;
/** Clocks of one camera may differ this much before anybody sees or hears it. */
const TOLERANCE_MS = 10;

/** A sender report: its clock showed `ntpMs` at `rtpTimestamp`. */
export interface ClockReport {
  /** Milliseconds since 1970, or since whatever the sender's clock counts from. */
  readonly ntpMs: number;
  readonly rtpTimestamp: number;
  /** The clock can be showing the time of day: it is not far from ours. */
  readonly isTimeOfDay: boolean;
}

/** What is known of the clock behind one track. */
export interface TrackClock {
  readonly timeline: RtpTimeline;
  /** The last report that could be used. */
  report?: ClockReport;
  /** What PLAY was answered with. */
  rtpInfo?: RtpInfo | undefined;
  /** The RTP timestamp of the stream's zero; the leading track's only. */
  zeroTimestamp?: number;
}

/**
 * Takes a sender report (RFC 3550 §6.4.1) and remembers it, unless it is of no use: cameras without a clock send
 * NTP zero, others an RTP timestamp that has nothing to do with the units that come.
 *
 * @param nowMs our own clock, milliseconds since 1970.
 */
export function takeReport(clock: TrackClock, report: SenderReport, nowMs: number): ClockReport | undefined {
  const { ntp, rtpTimestamp } = report;
  const { timeline } = clock;
  if (ntp.seconds === 0 && ntp.fraction === 0) return undefined;
  if (timeline.isAnchored) {
    const ageMs = toMs(timeline.at(rtpTimestamp) - timeline.latest.pts, timeline);
    if (Math.abs(ageMs) > MAX_REPORT_AGE_MS) return undefined;
  }
  const ntpMs = ntpToUnixMs(ntp.seconds, ntp.fraction);
  const isTimeOfDay = Math.abs(ntpMs - nowMs) <= MAX_CLOCK_ERROR_MS;
  clock.report = { ntpMs, rtpTimestamp, isTimeOfDay };
  return clock.report;
}

/**
 * Where a track's first unit belongs on the time line that the leading track began, in ticks of the track: by
 * both tracks' sender reports, else by RTP-Info (RFC 2326 §12.33), else by when it arrived. What
 * the sender says counts only when the arrival does not give it the lie.
 */
export function firstPts(leader: TrackClock, follower: TrackClock, timestamp: number, nowMs: number): number {
  const { latest } = leader.timeline;
  const byArrivalMs = toMs(latest.pts, leader.timeline) + (nowMs - latest.arrivedMs);
  const isNear = (ms: number | undefined, toleranceMs: number): ms is number =>
    ms !== undefined && Math.abs(ms - byArrivalMs) <= toleranceMs;
  const byReportsMs = ptsBySenderReports(leader, follower, timestamp);
  const byRtpInfoMs = ptsByRtpInfo(leader, follower, timestamp);
  let ms = byArrivalMs;
  if (isNear(byReportsMs, MAX_DISAGREEMENT_MS)) ms = byReportsMs;
  else if (isNear(byRtpInfoMs, MAX_RTP_INFO_DISAGREEMENT_MS)) ms = byRtpInfoMs;
  return Math.round((ms * follower.timeline.clockRate) / 1000);
}

/**
 * Moves a running track to where both tracks' sender reports say it belongs: at once when it is far off, as
 * after a start by arrival; slowly when the clocks have drifted apart.
 */
export function realign(leader: TrackClock, follower: TrackClock): void {
  const { report, timeline } = follower;
  if (report === undefined || !timeline.isAnchored) return;
  const wantedMs = ptsBySenderReports(leader, follower, report.rtpTimestamp);
  if (wantedMs === undefined) return;
  const errorMs = wantedMs - toMs(timeline.at(report.rtpTimestamp), timeline);
  const size = Math.abs(errorMs);
  if (size <= TOLERANCE_MS || size > MAX_DISAGREEMENT_MS) return;
  const ticks = (errorMs * timeline.clockRate) / 1000;
  if (size > SHIFT_MS) timeline.shift(ticks);
  else timeline.correct(ticks);
}

/** Milliseconds on the leading track's time line of a follower's timestamp. */
function ptsBySenderReports(leader: TrackClock, follower: TrackClock, timestamp: number): number | undefined {
  if (leader.report === undefined || follower.report === undefined) return undefined;
  const sinceReport = signed32(timestamp - follower.report.rtpTimestamp);
  const ntpMs = follower.report.ntpMs + toMs(sinceReport, follower.timeline);
  return (
    toMs(leader.timeline.at(leader.report.rtpTimestamp), leader.timeline) + (ntpMs - leader.report.ntpMs)
  );
}

function ptsByRtpInfo(leader: TrackClock, follower: TrackClock, timestamp: number): number | undefined {
  const { zeroTimestamp } = leader;
  const leaderStart = leader.rtpInfo?.rtpTime;
  const followerStart = follower.rtpInfo?.rtpTime;
  if (zeroTimestamp === undefined || leaderStart === undefined || followerStart === undefined)
    return undefined;
  const zeroMs = toMs(signed32(zeroTimestamp - leaderStart), leader.timeline);
  return toMs(signed32(timestamp - followerStart), follower.timeline) - zeroMs;
}

/** A difference of 32-bit timestamps by the shortest way. */
function signed32(ticks: number): number {
  return ticks | 0;
}

function toMs(ticks: number, { clockRate }: RtpTimeline): number {
  return (ticks * 1000) / clockRate;
}
