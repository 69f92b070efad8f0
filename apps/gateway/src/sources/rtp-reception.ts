import { ProtocolError, rescale, type AccessUnit, type Track } from '@vedette/media';
import {
  parseRtcp,
  serializeRtcp,
  type DepacketizedUnit,
  type RtcpPacket,
  type RtpInfo,
  type SenderReport,
  type SdpTrack,
} from '@vedette/protocols';
import type { Feed } from '../stream/stream.ts';
import { firstPts, realign, takeReport, type ClockReport } from './rtp-alignment.ts';
import { RtpTrack } from './rtp-track.ts';

export interface RtpReceptionOptions {
  readonly tracks: readonly SdpTrack[];
  /** Packets may come out of order (UDP). */
  readonly isDatagram: boolean;
  /** Our SSRC in receiver reports. */
  readonly ssrc: number;
  /** Opens the stream. Called once, when its first unit is there. */
  readonly open: (tracks: readonly Track[]) => Feed;
  /** Told of bad packets: the first of each kind. */
  readonly onBadPacket: (error: ProtocolError) => void;
}

/** Totals since the start. */
export interface ReceptionTotals {
  readonly bytes: number;
  readonly lostPackets: number;
  readonly damagedPictures: number;
  readonly badPackets: number;
}

/** Sound that came before the first picture and may belong behind it; this much of it is kept. */
const MAX_EARLY_UNITS = 100;

interface EarlyUnit {
  readonly track: RtpTrack;
  readonly unit: DepacketizedUnit;
  readonly arrivedMs: number;
}

/**
 * Receives the tracks of one session by RTP and RTCP, and feeds a stream. It owns no socket and no timer; all
 * times are milliseconds since 1970 of a steady clock.
 *
 * The leading track (video, where there is one) starts the time line: its first unit is PTS 0, and
 * nothing goes out before it. The other tracks are aligned to it.
 */
export class RtpReception {
  readonly tracks: readonly RtpTrack[];
  readonly #leader: RtpTrack;
  readonly #options: RtpReceptionOptions;
  readonly #badCodes = new Set<string>();
  readonly #early: EarlyUnit[] = [];
  #feed: Feed | undefined;
  #bytes = 0;
  #badPackets = 0;
  #damagedBefore = 0;
  #lostBefore = 0;

  /** @throws {ProtocolError} `ERR_SOURCE_NO_TRACKS`, or a description's parameters are bad. */
  constructor(options: RtpReceptionOptions) {
    const { tracks, isDatagram } = options;
    this.#options = options;
    this.tracks = tracks.map(
      (sdp, id) =>
        new RtpTrack(id, sdp, isDatagram, (track, unit, nowMs) => this.#onUnit(track, unit, nowMs)),
    );
    const leader = this.tracks.find(({ sdp }) => sdp.kind === 'video') ?? this.tracks[0];
    if (leader === undefined) {
      throw new ProtocolError(
        'ERR_SOURCE_NO_TRACKS',
        'there is neither video nor sound in a supported codec',
      );
    }
    this.#leader = leader;
  }

  /** When the leading track's last packet came; `undefined` before the first. */
  get lastPacketMs(): number | undefined {
    return this.#leader.lastPacketMs;
  }

  /** The sender said goodbye to the leading track (RFC 3550 §6.6). */
  get hasEnded(): boolean {
    return this.#leader.hasEnded;
  }

  get totals(): ReceptionTotals {
    let lostPackets = 0;
    let damagedPictures = 0;
    for (const track of this.tracks) {
      lostPackets += track.lostPackets;
      if (track.sdp.kind === 'video') damagedPictures += track.damagedUnits;
    }
    return { bytes: this.#bytes, lostPackets, damagedPictures, badPackets: this.#badPackets };
  }

  /** What PLAY was answered with; by position, as `tracks`. */
  setRtpInfo(infos: readonly (RtpInfo | undefined)[]): void {
    this.tracks.forEach((track, index) => (track.clock.rtpInfo = infos[index]));
  }

  /**
   * Takes an RTP packet of track `index`. Never throws: bad packets are counted.
   *
   * @param isRepair it was sent again.
   */
  onRtp(index: number, packet: Uint8Array, nowMs: number, isRepair = false): void {
    const track = this.tracks[index];
    if (track === undefined) return;
    this.#bytes += packet.length;
    this.#guard(() => track.onPacket(packet, nowMs, isRepair));
  }

  /** Takes an RTCP packet of track `index`. Never throws: bad packets are counted. */
  onRtcp(index: number, packet: Uint8Array, nowMs: number): void {
    const track = this.tracks[index];
    if (track === undefined) return;
    this.#guard(() => {
      for (const message of parseRtcp(packet)) this.#onRtcpMessage(track, message, nowMs);
    });
  }

  /** Gives up packets that were waited for long enough; call some 20 times a second with datagrams. */
  poll(nowMs: number): void {
    for (const track of this.tracks) this.#guard(() => track.poll(nowMs));
  }

  /** Receiver report and CNAME for track `index` (RFC 3550 §6.1), to be sent every five seconds. */
  report(index: number, nowMs: number): Uint8Array {
    const { ssrc } = this.#options;
    const block = this.tracks[index]?.statistics.report(nowMs);
    return serializeRtcp([
      { type: 'rr', ssrc, reports: block === undefined ? [] : [block] },
      { type: 'sdes', chunks: [{ ssrc, cname: 'vedette' }] },
    ]);
  }

  /** Damage since the last call. */
  takeDamage(): { readonly lostPackets: number; readonly damagedPictures: number } {
    const { lostPackets, damagedPictures } = this.totals;
    const damage = {
      lostPackets: Math.max(0, lostPackets - this.#lostBefore),
      damagedPictures: damagedPictures - this.#damagedBefore,
    };
    this.#lostBefore = Math.max(this.#lostBefore, lostPackets);
    this.#damagedBefore = damagedPictures;
    return damage;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#badPackets += 1;
      if (this.#badCodes.has(error.code)) return;
      this.#badCodes.add(error.code);
      this.#options.onBadPacket(error);
    }
  }

  #onRtcpMessage(track: RtpTrack, message: RtcpPacket, nowMs: number): void {
    if (message.type === 'bye') {
      const { ssrc } = track.statistics;
      if (ssrc === undefined || message.ssrcs.includes(ssrc)) track.hasEnded = true;
      return;
    }
    if (message.type === 'sr') this.#onSenderReport(this.#senderOf(message.ssrc, track), message, nowMs);
  }

  /** Reports on several tracks may come as one; some cameras give all tracks one SSRC, or reports another. */
  #senderOf(ssrc: number, track: RtpTrack): RtpTrack {
    if (track.statistics.ssrc === ssrc) return track;
    return this.tracks.find(({ statistics }) => statistics.ssrc === ssrc) ?? track;
  }

  #onSenderReport(track: RtpTrack, message: SenderReport, nowMs: number): void {
    track.statistics.onSenderReport(message, nowMs);
    const report = takeReport(track.clock, message, nowMs);
    const leader = this.#leader;
    if (report !== undefined && track === leader) this.#reportClock(report);
    for (const other of this.tracks) {
      if (other !== leader && (track === leader || track === other)) realign(leader.clock, other.clock);
    }
  }

  #reportClock({ ntpMs, rtpTimestamp, isTimeOfDay }: ClockReport): void {
    const { track, clock, sdp } = this.#leader;
    if (this.#feed === undefined || track === undefined || !isTimeOfDay) return;
    const pts = rescale(clock.timeline.at(rtpTimestamp), sdp.clockRate, track.clockRate);
    this.#feed.report(track, pts, ntpMs);
  }

  #onUnit(track: RtpTrack, unit: DepacketizedUnit, nowMs: number): void {
    if (track === this.#leader) {
      this.#onLeadingUnit(unit, nowMs);
    } else if (this.#feed === undefined) {
      if (this.#early.length === MAX_EARLY_UNITS) this.#early.shift();
      this.#early.push({ track, unit, arrivedMs: nowMs });
    } else {
      this.#onFollowingUnit(track, unit, nowMs, this.#feed);
    }
  }

  #onLeadingUnit(unit: DepacketizedUnit, nowMs: number): void {
    const { clock } = this.#leader;
    const { timestamp } = unit;
    if (this.#feed !== undefined) {
      const next = this.#leader.assemble(unit, clock.timeline.place(timestamp, nowMs));
      if (next !== undefined) this.#feed.write(next);
      return;
    }
    // Each picture is tried as the first one, until one can be decoded.
    clock.timeline.anchor(timestamp, 0, nowMs);
    const first = this.#leader.assemble(unit, 0);
    if (first === undefined) return;
    clock.zeroTimestamp = timestamp;
    this.#begin(first);
  }

  #begin(first: AccessUnit): void {
    const tracks = this.tracks.map(({ track }) => track).filter((track) => track !== undefined);
    const feed = this.#options.open(tracks);
    this.#feed = feed;
    const { report } = this.#leader.clock;
    if (report !== undefined) this.#reportClock(report); // it came before there was a time line
    feed.write(first);
    for (const { track, unit, arrivedMs } of this.#early) {
      this.#guard(() => this.#onFollowingUnit(track, unit, arrivedMs, feed));
    }
    this.#early.length = 0;
  }

  #onFollowingUnit(track: RtpTrack, unit: DepacketizedUnit, nowMs: number, feed: Feed): void {
    const { clock } = track;
    const { timestamp } = unit;
    const { timeline } = clock;
    const isFirst = !timeline.isAnchored;
    const pts = isFirst
      ? firstPts(this.#leader.clock, clock, timestamp, nowMs)
      : timeline.place(timestamp, nowMs);
    if (isFirst) {
      if (pts < 0) return;
      timeline.anchor(timestamp, pts, nowMs);
    }
    const accessUnit = track.assemble(unit, pts);
    if (accessUnit !== undefined) feed.write(accessUnit);
  }
}
