import {
  createAacTrack,
  createG711Track,
  createOpusTrack,
  createVideoAssembler,
  FrameAssembler,
  rescale,
  type AccessUnit,
  type AudioTrack,
  type Track,
  type VideoAssembler,
} from '@vedette/media';
import {
  createDepacketizer,
  parseRtpPacket,
  ReceiverStatistics,
  ReorderBuffer,
  type DepacketizedUnit,
  type Depacketizer,
  type RtpPacket,
  type SdpTrack,
} from '@vedette/protocols';
import type { TrackClock } from './rtp-alignment.ts';
import { RtpTimeline } from './rtp-timeline.ts';

/** Receives the units of a track as its packets complete them. */
export type OnUnit = (track: RtpTrack, unit: DepacketizedUnit, nowMs: number) => void;

/**
 * One track of a session that is received by RTP: packets in, access units out.
 *
 * Video begins with a random access point; after damage, whole pictures are left out until the next one.
 */
export class RtpTrack {
  readonly sdp: SdpTrack;
  readonly statistics: ReceiverStatistics;
  readonly clock: TrackClock;
  readonly #reorder: ReorderBuffer | undefined;
  readonly #depacketizer: Depacketizer;
  readonly #assembler: VideoAssembler | FrameAssembler | undefined;
  readonly #audio: AudioTrack | undefined;
  readonly #onUnit: OnUnit;
  #hasRightPayloadType = false;
  #lastPacketMs: number | undefined;
  #lastDts = Number.NEGATIVE_INFINITY;
  #isBroken = false;
  #droppedUnits = 0;
  hasEnded = false;

  /**
   * @param id place of the track in its stream.
   * @throws {ProtocolError} the description's parameters are bad.
   */
  constructor(id: number, sdp: SdpTrack, isDatagram: boolean, onUnit: OnUnit) {
    this.sdp = sdp;
    this.statistics = new ReceiverStatistics(sdp.clockRate);
    this.clock = { timeline: new RtpTimeline(sdp.clockRate) };
    this.#reorder = isDatagram ? new ReorderBuffer() : undefined;
    this.#depacketizer = createDepacketizer(sdp);
    this.#audio = createAudioTrack(id, sdp);
    this.#assembler = createAssembler(id, sdp);
    this.#onUnit = onUnit;
  }

  /** `undefined` until its parameter sets are known. */
  get track(): Track | undefined {
    return this.#assembler?.track ?? this.#audio;
  }

  /** When the last packet came, on the clock of the calls; `undefined` before the first. */
  get lastPacketMs(): number | undefined {
    return this.#lastPacketMs;
  }

  /** Packets lost since the start; late ones count. */
  get lostPackets(): number {
    return this.#reorder?.counters.lost ?? Math.max(0, this.statistics.packetsLost);
  }

  /** Pictures or audio frames that came damaged or were left out because of damage before them. */
  get damagedUnits(): number {
    return this.#depacketizer.damagedUnits + this.#droppedUnits;
  }

  /** Pictures are being left out, or none has come yet, until the next random access point. */
  get awaitsRandomAccess(): boolean {
    return this.sdp.kind === 'video' && (this.#isBroken || this.#lastDts === Number.NEGATIVE_INFINITY);
  }

  /** Sequence numbers that later packets wait for, lowest first, `limit` at the most. */
  missing(limit: number): readonly number[] {
    return this.#reorder?.missing(limit) ?? [];
  }

  /** Lets packets wait this long for the ones before them, in milliseconds. */
  waitFor(delayMs: number): void {
    if (this.#reorder !== undefined) this.#reorder.maxDelayMs = delayMs;
  }

  /**
   * @param isRepair it was sent again: it says nothing of how the network fares.
   * @throws {ProtocolError} the packet is malformed; the track may be fed further.
   */
  onPacket(bytes: Uint8Array, nowMs: number, isRepair = false): void {
    const packet = parseRtpPacket(bytes);
    if (!this.#isOurs(packet)) return;
    this.#lastPacketMs = nowMs;
    if (!isRepair) this.statistics.onPacket(packet, nowMs);
    if (this.#reorder === undefined) this.#depacketize(packet, nowMs);
    else for (const next of this.#reorder.push(packet, nowMs)) this.#depacketize(next, nowMs);
  }

  /** Gives up packets that were waited for long enough. */
  poll(nowMs: number): void {
    for (const packet of this.#reorder?.poll(nowMs) ?? []) this.#depacketize(packet, nowMs);
  }

  /**
   * Makes a unit's access unit, `pts` given in ticks of the RTP clock.
   *
   * @returns `undefined` where there is nothing to pass on.
   * @throws {ProtocolError} the unit is bad.
   */
  assemble(unit: DepacketizedUnit, pts: number): AccessUnit | undefined {
    const accessUnit = this.#assembler === undefined ? this.#frame(unit, pts) : this.#picture(unit, pts);
    // A camera's clock may step back a little: decoders and containers take time that only goes forward.
    if (accessUnit === undefined || accessUnit.dts < this.#lastDts) return undefined;
    this.#lastDts = accessUnit.dts;
    return accessUnit;
  }

  #picture(unit: DepacketizedUnit, pts: number): AccessUnit | undefined {
    if (unit.followsLoss) this.#isBroken = true;
    const picture = this.#assembler?.push(unit.data, pts);
    if (picture === undefined) return undefined;
    if (this.#isBroken && !picture.isRandomAccess) {
      this.#droppedUnits += 1;
      return undefined;
    }
    this.#isBroken = false;
    return picture;
  }

  #frame({ data, byteLength }: DepacketizedUnit, rtpPts: number): AccessUnit | undefined {
    const track = this.#audio;
    if (track === undefined) return undefined;
    const pts = rescale(rtpPts, this.sdp.clockRate, track.clockRate);
    return { track, pts, dts: pts, isRandomAccess: true, data, byteLength, wallClockMs: Number.NaN };
  }

  /** Comfort noise, retransmissions and the like share some cameras' sessions under other payload types. */
  #isOurs({ payloadType }: RtpPacket): boolean {
    if (payloadType === this.sdp.payloadType) {
      this.#hasRightPayloadType = true;
      return true;
    }
    return !this.#hasRightPayloadType; // a few cameras only ever send another one than they declared
  }

  #depacketize(packet: RtpPacket, nowMs: number): void {
    for (const unit of this.#depacketizer.push(packet)) this.#onUnit(this, unit, nowMs);
  }
}

function createAssembler(id: number, sdp: SdpTrack): VideoAssembler | FrameAssembler | undefined {
  const { codec, clockRate } = sdp;
  switch (codec) {
    case 'h264':
    case 'h265':
      return createVideoAssembler(codec, id, clockRate, [...sdp.vps, ...sdp.sps, ...sdp.pps]);
    case 'av1':
    case 'vp9':
    case 'vp8':
      return new FrameAssembler(codec, id, clockRate);
    default:
      return undefined;
  }
}

function createAudioTrack(
  id: number,
  { codec, clockRate, channels, audioConfig }: SdpTrack,
): AudioTrack | undefined {
  switch (codec) {
    case 'aac':
      return audioConfig === undefined ? undefined : createAacTrack(id, audioConfig);
    case 'opus':
      return createOpusTrack(id, Math.min(Math.max(channels, 1), 2));
    case 'pcmu':
    case 'pcma':
      return createG711Track(id, codec, clockRate, Math.max(channels, 1));
    default:
      return undefined;
  }
}
