import { ProtocolError, unixMsToNtp } from '@vedette/media';
import { parseRtcp, serializeRtcp, type ReportBlock, type RtcpPacket } from '@vedette/protocols';
import { DropGate } from '../../stream/drop-gate.ts';
import type { Clock } from '../../stream/stream.ts';
import { Liveness } from './liveness.ts';
import { Changeover, type MoveTracks } from './changeover.ts';
import { LineEstimate } from './line-estimate.ts';
import type { ViewerLineFigures, ViewerRequest, ViewerTotals } from './messages.ts';
import { PacerBacklog } from './pacer-backlog.ts';
import { reportInstant, type PacketRun } from './packet-run.ts';
import { PACING_BITS_PER_SECOND, type Peer, type PeerEvents } from './peer.ts';
import { PictureTimes } from './picture-times.ts';
import { Reception } from './reception.ts';
import { ReportedLine } from './reported-line.ts';
import { SentMedia } from './sent-media.ts';
import type { RunTaker, ViewerSource } from './viewer-source.ts';

export interface ViewerEvents {
  readonly onConnected: (viewer: Viewer) => void;
  /** Once; the viewer is closed by then. */
  readonly onClosed: (viewer: Viewer, reason: string) => void;
}

/** An offer that has come to nothing after this long is forgotten. */
const SETUP_MS = 10_000;
/** What may wait for one viewer: more than a second at the pace of its sending. */
const BOUNDS = { maxQueueBytes: 8 * 1024 * 1024, maxStallMs: Number.POSITIVE_INFINITY };
/** A picture asked for again so soon is still on its way. */
const MIN_REPLAY_MS = 300;
/** A viewer that loses its way again so soon after a repair is not helped by another one. */
const REPAIR_REST_MS = 2000;
/** More pictures than this do not fit between two live ones, a tick apart. */
const MAX_REPAIR_PICTURES = 500;
/** RTCP packets of an honest viewer, a second: dozens, even under heavy loss. */
const MAX_RTCP_PER_TICK = 1000;

/** One viewer of a stream: its connection, its numbers, and what it loses when it is slow. */
export class Viewer implements RunTaker {
  readonly id: number;
  readonly #clock: Clock;
  #source: ViewerSource;
  readonly #changeover = new Changeover();
  readonly #line = new LineEstimate();
  readonly #reported = new ReportedLine();
  #soundTimestamp: number | undefined;
  readonly #events: ViewerEvents;
  readonly #peer: Peer;
  readonly #video: SentMedia | undefined;
  readonly #audio: SentMedia | undefined;
  readonly #times = new PictureTimes();
  readonly #gate = new DropGate(BOUNDS);
  readonly #backlog = new PacerBacklog(PACING_BITS_PER_SECOND);
  readonly #reception: Reception;
  readonly #startedMs: number;
  readonly #transmitVideo: (packet: Buffer) => void;
  readonly #transmitAudio: (packet: Buffer) => void;
  #liveness: Liveness | undefined;
  /** What was sent last is no base for what comes next. */
  #awaitsEntry = true;
  #hasPicture = false;
  #entryMs = Number.NEGATIVE_INFINITY;
  #repairedMs = Number.NEGATIVE_INFINITY;
  /** When media was last sent that is reported on; of pictures and sound, of the pictures. */
  #sentMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  #skipped = 0;
  #rtcpPackets = 0;
  #isClosed = false;

  /** @param connect makes its connection, or hands over one that has been made. */
  constructor(
    { viewer, video, audio }: Pick<ViewerRequest, 'viewer' | 'video' | 'audio'>,
    connect: (events: PeerEvents) => Peer,
    source: ViewerSource,
    events: ViewerEvents,
    clock: Clock,
  ) {
    const { videoSsrc, audioSsrc, playoutDelay } = source.settings;
    this.id = viewer;
    this.#clock = clock;
    this.#source = source;
    this.#events = events;
    this.#startedMs = clock();
    this.#video =
      video === null ? undefined : new SentMedia(video, videoSsrc, { playoutDelay, line: this.#line });
    this.#audio = audio === null ? undefined : new SentMedia(audio, audioSsrc, undefined);
    this.#reception = new Reception((video ?? audio)?.clockRate ?? 90_000);
    const peer = connect({
      onConnected: () => this.#start(),
      onClosed: (reason) => this.close(reason),
      onRtcp: (section, bytes) => this.#onRtcp(section, bytes),
    });
    this.#peer = peer;
    this.#transmitVideo = (packet) => peer.sendVideo(packet);
    this.#transmitAudio = (packet) => peer.sendAudioOrRtcp(packet);
  }

  /** From the offer until now, in milliseconds: meant for when it has just connected. */
  get setupMs(): number {
    return Math.round(this.#clock() - this.#startedMs);
  }

  get totals(): ViewerTotals {
    return {
      viewer: this.id,
      bytes: this.#bytes,
      dropped: this.#skipped + this.#gate.dropped,
      queuedBytes: Math.round(this.#backlog.at(this.#clock())),
      ...this.#reception.figures,
    };
  }

  /** @throws {Error} the library refuses the offer. */
  async answer(offer: string): Promise<string> {
    return this.#peer.answer(offer);
  }

  /** Takes the answer to the offer that its connection made. @throws {Error} the library refuses it. */
  accept(answer: string): void {
    this.#peer.accept(answer);
  }

  addCandidate(candidate: string): void {
    this.#peer.addCandidate(candidate);
  }

  /** How its line fares; `undefined` where nothing is sent that could tell. */
  lineAt(nowMs: number): ViewerLineFigures | undefined {
    if (this.#liveness === undefined || this.#video === undefined) return undefined;
    const { lossPercent } = this.#reception.figures;
    return { viewer: this.id, ...(this.#line.figures(nowMs) ?? this.#reported.figures(lossPercent, nowMs)) };
  }

  /**
   * Goes over to another stream at its next entry point, or at once where that is a moment ago. Numbers and times go
   * on: its player sees no break. A move that has begun before comes to nothing.
   *
   * @returns whether it has gone over.
   */
  async moveTo(source: ViewerSource, tracks: MoveTracks): Promise<boolean> {
    this.#cancelMove();
    if (source === this.#source) return true;
    source.add(this);
    const nowMs = this.#clock();
    const moving = this.#changeover.begin(source, tracks, nowMs);
    if (this.#liveness !== undefined && this.#changeover.canReplay(nowMs)) {
      this.#arrive();
      this.#guard(() => this.#replay(nowMs));
    }
    return moving;
  }

  /** Its line is overrun: no pictures until it has gone over to another stream. */
  rest(): void {
    const nowMs = this.#clock();
    this.#changeover.rest(this.#line.figures(nowMs)?.delayMs ?? 0, nowMs);
  }

  /** A stream is over. */
  lose(source: ViewerSource, reason: string): void {
    if (source === this.#source) this.close(reason);
    else if (source === this.#changeover.source) this.#cancelMove();
  }

  /** Takes a live unit of any track. */
  offer(run: PacketRun, nowMs: number, source: ViewerSource): void {
    if (this.#liveness === undefined) return;
    if (source === this.#changeover.source && this.#changeover.approaches(run, nowMs)) this.#arrive();
    if (source !== this.#source) return;
    // Not by a closure: this is the media path.
    try {
      if (run.track.id === this.#video?.trackId) this.#offerPicture(run, nowMs, this.#video);
      else if (run.track.id === this.#audio?.trackId) this.#sendSound(run, nowMs, this.#audio);
    } catch {
      this.close('the connection broke');
    }
  }

  /** Once a second: reports to the viewer, and whether it is still there. */
  tick(nowMs: number): void {
    this.#rtcpPackets = 0;
    if (this.#changeover.isOverdue(nowMs)) this.#cancelMove();
    if (this.#liveness === undefined) {
      if (nowMs - this.#startedMs > SETUP_MS) this.close(`not connected within ${SETUP_MS / 1000} s`);
      return;
    }
    if (nowMs - this.#sentMs > 2000) this.#liveness.excuse(nowMs);
    const silentMs = this.#liveness.tooSilentFor(nowMs);
    if (silentMs === undefined) this.#guard(() => this.#report(nowMs));
    else this.close(`the viewer vanished: no RTCP for ${Math.round(silentMs / 100) / 10} s`);
  }

  /** Safe to call twice. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#liveness = undefined;
    this.#cancelMove();
    this.#source.remove(this);
    this.#peer.close();
    this.#events.onClosed(this, reason);
  }

  #arrive(): void {
    const arrived = this.#changeover.arrive();
    if (arrived === undefined) return;
    this.#source.remove(this);
    this.#source = arrived.source;
    if (this.#video !== undefined) this.#video.trackId = arrived.videoTrackId;
    if (this.#audio !== undefined) this.#audio.trackId = arrived.audioTrackId;
    this.#awaitsEntry = true;
  }

  #cancelMove(): void {
    this.#changeover.cancel()?.remove(this);
  }

  #start(): void {
    const nowMs = this.#clock();
    this.#liveness = new Liveness(nowMs);
    this.#sentMs = nowMs;
    this.#events.onConnected(this);
    this.#guard(() => {
      this.#report(nowMs);
      this.#replay(nowMs);
    });
  }

  /** Sends the present group of pictures at once, as far as the bounds allow. */
  #replay(nowMs: number): void {
    const { group } = this.#source;
    const newest = group.at(-1);
    if (this.#video === undefined || newest === undefined) return;
    let timestamp = this.#times.startReplay(group.length, newest.timestamp);
    this.#awaitsEntry = true;
    for (const run of group) {
      if (this.#admits(run, nowMs)) this.#sendPicture(run, timestamp, nowMs, this.#video);
      timestamp = (timestamp + 1) >>> 0;
    }
  }

  #offerPicture(run: PacketRun, nowMs: number, video: SentMedia): void {
    if (this.#admits(run, nowMs)) this.#sendPicture(run, this.#times.next(run.timestamp), nowMs, video);
  }

  #admits(run: PacketRun, nowMs: number): boolean {
    if (this.#changeover.isResting(nowMs)) {
      this.#awaitsEntry = true;
      this.#skipped += 1;
      return false;
    }
    if (this.#awaitsEntry && !run.isEntry) {
      // Before the first picture nothing is lost, only not yet there.
      if (this.#hasPicture) this.#skipped += 1;
      return false;
    }
    return this.#gate.admit(run.isEntry, run.byteLength, this.#backlog.at(nowMs), nowMs) === 'send';
  }

  #sendPicture(run: PacketRun, timestamp: number, nowMs: number, video: SentMedia): void {
    this.#awaitsEntry = false;
    this.#hasPicture = true;
    if (run.isEntry) this.#entryMs = nowMs;
    this.#backlog.add(run.byteLength);
    video.send(run, timestamp, nowMs, this.#transmitVideo);
    this.#reported.sent(run.packets.length, nowMs);
    this.#sentMs = nowMs;
    this.#bytes += run.byteLength;
  }

  #sendSound(run: PacketRun, nowMs: number, audio: SentMedia): void {
    // Two streams of one camera have the same sound, one a little later than the other.
    const isOld = this.#soundTimestamp !== undefined && ((run.timestamp - this.#soundTimestamp) | 0) <= 0;
    if (isOld) return;
    this.#soundTimestamp = run.timestamp;
    audio.send(run, run.timestamp, nowMs, this.#transmitAudio);
    if (this.#video === undefined) this.#sentMs = nowMs;
    this.#bytes += run.byteLength;
  }

  /** Tells the viewer how RTP time and the wall clock go together: what lip sync rests on. */
  #report(nowMs: number): void {
    for (const media of [this.#video, this.#audio]) {
      if (media === undefined) continue;
      const clock = this.#source.clockOf(media.trackId);
      if (clock === undefined || Number.isNaN(clock.wallClockMs)) continue;
      const { ssrc, packetCount, octetCount } = media;
      const { unixMs, timestamp: rtpTimestamp } = reportInstant(clock.track, clock, nowMs);
      const ntp = unixMsToNtp(unixMs);
      const packet = serializeRtcp([
        { type: 'sr', ssrc, ntp, rtpTimestamp, packetCount, octetCount, reports: [] },
        { type: 'sdes', chunks: [{ ssrc, cname: this.#source.settings.cname }] },
      ]);
      this.#transmitAudio(Buffer.from(packet.buffer));
      if (media === (this.#video ?? this.#audio)) this.#reception.sent(ntp, nowMs);
    }
  }

  #onRtcp(section: 'video' | 'audio', bytes: Uint8Array): void {
    if (this.#liveness === undefined) return;
    this.#rtcpPackets += 1;
    if (this.#rtcpPackets > MAX_RTCP_PER_TICK) {
      this.close(`more than ${MAX_RTCP_PER_TICK} RTCP packets in a second`);
      return;
    }
    const nowMs = this.#clock();
    this.#liveness.heard(nowMs);
    // A compound on both comes twice, and what it says of the sound is of no consequence beside pictures.
    if (section === (this.#video === undefined ? 'audio' : 'video')) this.#onFeedback(bytes, nowMs);
  }

  #onFeedback(bytes: Uint8Array, nowMs: number): void {
    let packets: readonly RtcpPacket[];
    try {
      packets = parseRtcp(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) return; // encrypted, so the viewer's own mistake; it costs nobody anything
      throw error;
    }
    for (const packet of packets) this.#onPacket(packet, nowMs);
  }

  #onPacket(packet: RtcpPacket, nowMs: number): void {
    switch (packet.type) {
      case 'rr':
      case 'sr':
        this.#onReports(packet.reports, nowMs);
        return;
      case 'pli':
        if (packet.mediaSsrc === this.#video?.ssrc) this.#repair(nowMs);
        return;
      case 'fir':
        if (packet.entries.some(({ ssrc }) => ssrc === this.#video?.ssrc)) this.#repair(nowMs);
        return;
      case 'twcc':
        this.#line.heard(packet, nowMs);
        return;
      case 'nack':
        this.#reported.nacked(packet.sequenceNumbers.length, nowMs); // answered by the library
        return;
      case 'remb':
        this.#reported.estimated(packet.bitsPerSecond);
        return;
      default:
    }
  }

  #onReports(reports: readonly ReportBlock[], nowMs: number): void {
    const ssrc = (this.#video ?? this.#audio)?.ssrc;
    for (const report of reports) {
      if (report.ssrc === ssrc && this.#reception.received(report, nowMs)) this.#awaitsEntry = true;
    }
  }

  /** The viewer cannot decode what comes: gives it a place to start, now or with the next key picture. */
  #repair(nowMs: number): void {
    if (nowMs - this.#entryMs < MIN_REPLAY_MS) return;
    const isRested = nowMs - this.#repairedMs > REPAIR_REST_MS;
    const { length } = this.#source.group;
    if (!isRested || length === 0 || length > MAX_REPAIR_PICTURES) {
      this.#awaitsEntry = true;
      this.#source.wantKeyFrame();
      return;
    }
    this.#repairedMs = nowMs;
    this.#guard(() => this.#replay(nowMs));
  }

  /** Native calls throw where the connection has just gone. */
  #guard(action: () => void): void {
    try {
      action();
    } catch {
      this.close('the connection broke');
    }
  }
}
