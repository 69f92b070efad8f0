import { randomBytes } from 'node:crypto';
import { ProtocolError, type AccessUnit, type Track } from '@vedette/media';
import type { DropGateOptions } from '../../stream/drop-gate.ts';
import type { Reader } from '../../stream/reader.ts';
import type { Clock, Stream } from '../../stream/stream.ts';
import type { Outlet } from './outlet.ts';
import { RtspViewer, type TrackStart, type ViewerEnd, type ViewerHost } from './rtsp-viewer.ts';
import { hasSameDescription } from './track-description.ts';
import { TrackSender } from './track-sender.ts';
import { WireCache } from '../wire-cache.ts';
import type { WireUnit } from './wire-unit.ts';

export interface RtspSinkOptions {
  /** Steady clock in milliseconds. */
  readonly now: Clock;
  readonly bounds: DropGateOptions;
  /** Time between sender reports, in milliseconds. */
  readonly senderReportMs: number;
  /** Called when the last viewer has left: the sink is of no further use. */
  readonly onUnused: (sink: RtspSink) => void;
}

/** How often datagrams that wait are looked after. */
const PACE_MS = 5;

/**
 * The one RTSP reader of a stream: turns each unit into wire bytes once and gives them to all its viewers.
 *
 * Reads the stream only while somebody plays. Lives for one set of tracks: when the stream gets
 * different ones, all viewers are ended, so that they ask for the new description.
 */
export class RtspSink implements Reader, ViewerHost {
  readonly name = 'rtsp';
  readonly #stream: Stream;
  readonly #options: RtspSinkOptions;
  readonly #tracks: readonly Track[];
  readonly #senders: readonly TrackSender[];
  readonly #cache = new WireCache<WireUnit>();
  readonly #viewers = new Set<RtspViewer>();
  readonly #playing = new Set<RtspViewer>();
  readonly #backlogged = new Set<Outlet>();
  #latest: WireUnit | undefined;
  #reportTimer: NodeJS.Timeout | undefined;
  #paceTimer: NodeJS.Timeout | undefined;
  #unsendable = 0;

  constructor(stream: Stream, options: RtspSinkOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#tracks = stream.tracks;
    const cname = randomBytes(8).toString('hex');
    this.#senders = stream.tracks.map((track) => new TrackSender(track, cname));
  }

  /** What viewers were told of in DESCRIBE. */
  get tracks(): readonly Track[] {
    return this.#tracks;
  }

  /** Units left out because RTP cannot carry them. */
  get unsendableUnits(): number {
    return this.#unsendable;
  }

  /** Enters a viewer; it belongs to the caller, who closes it. */
  open(onEnd: ViewerEnd): RtspViewer {
    const viewer = new RtspViewer(this, this.#options.bounds, onEnd);
    this.#viewers.add(viewer);
    return viewer;
  }

  onTracks(tracks: readonly Track[]): void {
    if (!hasSameDescription(this.#tracks, tracks)) {
      this.#endAll('the camera changed its tracks');
      return;
    }
    // The group of pictures is from before the change; the stream goes on with a random access point.
    this.#cache.clear();
  }

  onUnit(unit: AccessUnit, isReplay: boolean): void {
    const wire = this.#packetize(unit);
    if (wire === undefined) return;
    this.#cache.push(wire);
    this.#latest = wire;
    if (isReplay) return;
    const nowMs = this.#options.now();
    for (const viewer of this.#playing) viewer.offer(wire, nowMs);
  }

  onEnd(reason: string): void {
    this.#endAll(reason);
  }

  ssrcOf(trackId: number): number {
    return this.#senders[trackId]?.ssrc ?? 0;
  }

  join(viewer: RtspViewer, respond: (starts: readonly TrackStart[]) => void): boolean {
    if (this.#playing.size === 0) this.#attach();
    if (!this.#viewers.has(viewer)) {
      this.#detach(); // attaching showed that the tracks had changed, or that the stream is over: all were ended
      return false;
    }
    const units = viewer.hasVideo && this.#stream.isLive ? this.#cache.units : [];
    const from = units[0] ?? this.#latest;
    respond(this.#starts(viewer, units, from));
    if (from !== undefined) this.#report(viewer, from);
    const nowMs = this.#options.now();
    for (const unit of units) viewer.offer(unit, nowMs);
    this.#playing.add(viewer);
    return true;
  }

  leave(viewer: RtspViewer): void {
    if (viewer.outlet !== undefined) this.#backlogged.delete(viewer.outlet);
    if (this.#playing.delete(viewer) && this.#playing.size === 0) this.#detach();
  }

  release(viewer: RtspViewer): void {
    this.leave(viewer);
    if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#options.onUnused(this);
  }

  sayGoodbye(viewer: RtspViewer, reason: string): void {
    for (const [trackId, sender] of this.#senders.entries()) {
      if (viewer.includes(trackId)) viewer.outlet?.sendRtcp(trackId, sender.goodbye(reason));
    }
  }

  pace(outlet: Outlet): void {
    this.#backlogged.add(outlet);
    this.#paceTimer ??= setInterval(() => this.#drain(), PACE_MS);
  }

  #packetize(unit: AccessUnit): WireUnit | undefined {
    try {
      return this.#senders[unit.track.id]?.packetize(unit);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#unsendable += 1;
      return undefined;
    }
  }

  #attach(): void {
    this.#stream.addReader(this);
    this.#reportTimer = setInterval(() => this.#reportAll(), this.#options.senderReportMs);
  }

  #detach(): void {
    this.#stream.removeReader(this);
    clearInterval(this.#reportTimer);
    clearInterval(this.#paceTimer);
    this.#paceTimer = undefined;
    this.#cache.clear();
    this.#latest = undefined;
  }

  /**
   * RTP-Info for a viewer whose media begins with `units`, or live where there are none. Before the
   * first picture nothing can be promised.
   */
  #starts(viewer: RtspViewer, units: readonly WireUnit[], from: WireUnit | undefined): TrackStart[] {
    if (from === undefined || (units.length === 0 && viewer.hasVideo)) return [];
    const starts: TrackStart[] = [];
    for (const [trackId, sender] of this.#senders.entries()) {
      if (!viewer.includes(trackId)) continue;
      const first = units.find((unit) => unit.trackId === trackId);
      starts.push({
        trackId,
        sequenceNumber: first?.firstSequenceNumber ?? sender.nextSequenceNumber,
        rtpTimestamp: sender.timestampAt(from.streamMs),
      });
    }
    return starts;
  }

  /** Tells a viewer the camera's clock at the instant of `unit`, for each of its tracks. */
  #report(viewer: RtspViewer, unit: WireUnit): void {
    const wallClockMs = this.#stream.wallClockAt(unit.streamMs);
    if (wallClockMs === undefined) return;
    for (const [trackId, sender] of this.#senders.entries()) {
      if (!viewer.includes(trackId)) continue;
      viewer.outlet?.sendRtcp(trackId, sender.senderReport(unit.streamMs, wallClockMs));
    }
  }

  #reportAll(): void {
    const latest = this.#latest;
    if (latest === undefined) return;
    const wallClockMs = this.#stream.wallClockAt(latest.streamMs);
    if (wallClockMs === undefined) return;
    for (const [trackId, sender] of this.#senders.entries()) {
      const packet = sender.senderReport(latest.streamMs, wallClockMs);
      for (const viewer of this.#playing) {
        if (viewer.includes(trackId)) viewer.outlet?.sendRtcp(trackId, packet);
      }
    }
  }

  #drain(): void {
    const nowMs = this.#options.now();
    const outlets = [...this.#backlogged];
    this.#backlogged.clear(); // those that still wait enter themselves again
    for (const outlet of outlets) outlet.drain(nowMs);
    if (this.#backlogged.size > 0) return;
    clearInterval(this.#paceTimer);
    this.#paceTimer = undefined;
  }

  #endAll(reason: string): void {
    for (const viewer of [...this.#viewers]) viewer.end(reason, false);
  }
}
