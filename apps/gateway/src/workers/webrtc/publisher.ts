import type { Track } from '@vedette/media';
import { NackSchedule, serializeRtcp, TransportArrivals, type RtcpPacket } from '@vedette/protocols';
import { RtpReception } from '../../sources/rtp-reception.ts';
import type { RtpTrack } from '../../sources/rtp-track.ts';
import type { Clock, Feed } from '../../stream/stream.ts';
import type { Channel } from '../channel.ts';
import type { PeerPort } from './connection.ts';
import { IncomingMedia, isRtcp, sdpTrackOf } from './incoming-media.ts';
import type { PublisherRequest, PublisherTotals } from './messages.ts';
import { ReceivingPeer } from './receiving-peer.ts';

export interface PublisherEvents {
  readonly onConnected: (publisher: Publisher) => void;
  /** Its sender report says that `pts` of a track was captured at `unixMs`. */
  readonly onReport: (publisher: Publisher, track: Track, pts: number, unixMs: number) => void;
  /** Once; the publisher is closed by then. */
  readonly onClosed: (publisher: Publisher, reason: string) => void;
}

/** An offer that has come to nothing after this long is forgotten. */
const SETUP_MS = 10_000;
/** Neither media nor reports for this long: the peer is gone. */
const SILENCE_MS = 5000;
/** Reports but no media for this long: nobody publishes. */
const MEDIA_SILENCE_MS = 8000;
/** Between receiver reports. */
const REPORT_MS = 1000;
/** Between transport-wide feedback: browsers steer by it. */
const FEEDBACK_MS = 50;
/** A key frame takes a round trip and an encoder: it is not asked for more often. */
const KEY_FRAME_MS = 500;
/** What a peer that asks for an estimate is told it may send; its own loss control does the rest. */
const MAX_BITS_PER_SECOND = 20e6;
/** An honest publisher stays far below; one that does not is cut off. */
const MAX_BYTES_PER_SECOND = 25e6;
/** How long packets wait for those before them: long enough to be asked for twice, within reason. */
const MIN_WAIT_MS = 200;
const MAX_WAIT_MS = 500;

/** One peer that publishes: packets in, access units out, and what it must be told to keep them coming. */
export class Publisher {
  readonly id: number;
  readonly #channel: Channel;
  readonly #clock: Clock;
  readonly #events: PublisherEvents;
  readonly #peer: ReceivingPeer;
  readonly #reception: RtpReception;
  readonly #media: IncomingMedia;
  readonly #nacks: readonly NackSchedule[];
  readonly #arrivals: TransportArrivals | undefined;
  readonly #ssrc: number;
  readonly #startedMs: number;
  #heardMs: number | undefined;
  #mediaMs = 0;
  #reportedMs = 0;
  #feedbackMs = 0;
  #keyFrameMs = Number.NEGATIVE_INFINITY;
  #wantsKeyFrame = false;
  #bytes = 0;
  #bytesOfSecond = 0;
  #isClosed = false;

  /** @throws {ProtocolError} the formats cannot be used. */
  constructor(
    { publisher, tracks, ssrc }: PublisherRequest,
    port: PeerPort,
    channel: Channel,
    events: PublisherEvents,
    clock: Clock,
  ) {
    this.id = publisher;
    this.#channel = channel;
    this.#events = events;
    this.#clock = clock;
    this.#ssrc = ssrc;
    this.#startedMs = clock();
    this.#reception = new RtpReception({
      tracks: tracks.map(sdpTrackOf),
      isDatagram: true,
      ssrc,
      open: (opened) => this.#open(opened),
      onBadPacket: () => undefined, // authenticated, so the publisher's own mistake: the picture is left out
    });
    this.#media = new IncomingMedia(tracks, (index) => this.#reception.tracks[index]?.statistics.ssrc);
    this.#nacks = tracks.map(() => new NackSchedule());
    const hasFeedback = tracks.some(({ transportSequenceId }) => transportSequenceId > 0);
    this.#arrivals = hasFeedback ? new TransportArrivals() : undefined;
    this.#peer = new ReceivingPeer(port, {
      onConnected: () => this.#start(),
      onClosed: (reason) => this.close(reason),
      onPacket: (bytes) => this.#onPacket(bytes),
    });
  }

  get totals(): PublisherTotals {
    const { lostPackets, damagedPictures } = this.#reception.totals;
    const [first] = this.#reception.tracks;
    const [nacks] = this.#nacks;
    const lost = first?.lostPackets ?? 0;
    const expected = (first?.statistics.packetsReceived ?? 0) + lost;
    return {
      publisher: this.id,
      bytes: this.#bytes,
      lostPackets,
      damagedPictures,
      lossPercent: expected === 0 ? 0 : (100 * lost) / expected,
      jitterMs: first?.statistics.jitterMs ?? 0,
      roundTripMs: nacks?.hasMeasured === true ? nacks.roundTripMs : null,
    };
  }

  /** @throws {Error} the library refuses the offer. */
  async answer(offer: string): Promise<string> {
    return this.#peer.answer(offer);
  }

  addCandidate(candidate: string): void {
    this.#peer.addCandidate(candidate);
  }

  /** Asks for a picture to begin with, now or as soon as it is decent to ask again. */
  requestKeyFrame(): void {
    this.#wantsKeyFrame = true;
  }

  /** Some fifty times a second: waits that end, and what the peer is to be told. */
  poll(nowMs: number): void {
    if (this.#heardMs === undefined || this.#isClosed) return;
    this.#reception.poll(nowMs);
    const packets: RtcpPacket[] = [];
    this.#reception.tracks.forEach((track, index) => this.#repair(track, index, nowMs, packets));
    this.#askForKeyFrame(nowMs, packets);
    if (nowMs - this.#feedbackMs >= FEEDBACK_MS) {
      this.#feedbackMs = nowMs;
      const feedback = this.#arrivals?.feedback(this.#ssrc, this.#mediaSsrc);
      if (feedback !== undefined) packets.push(feedback);
    }
    if (packets.length > 0) this.#send(serializeRtcp(packets));
    if (nowMs - this.#reportedMs >= REPORT_MS) this.#report(nowMs);
  }

  /** Once a second: whether the peer is still there, and behaves. */
  tick(nowMs: number): void {
    const bytes = this.#bytesOfSecond;
    this.#bytesOfSecond = 0;
    if (this.#heardMs === undefined) {
      if (nowMs - this.#startedMs > SETUP_MS) this.close(`not connected within ${SETUP_MS / 1000} s`);
    } else if (nowMs - this.#heardMs > SILENCE_MS) {
      this.close(`the publisher vanished: nothing came for ${SILENCE_MS / 1000} s`);
    } else if (nowMs - this.#mediaMs > MEDIA_SILENCE_MS) {
      this.close(`the publisher sent no media for ${MEDIA_SILENCE_MS / 1000} s`);
    } else if (bytes > MAX_BYTES_PER_SECOND) {
      this.close(`more than ${(MAX_BYTES_PER_SECOND * 8) / 1e6} Mbit/s`);
    }
  }

  /** Safe to call twice. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#peer.close();
    this.#events.onClosed(this, reason);
    this.#channel.close(reason);
  }

  get #mediaSsrc(): number {
    return (
      this.#reception.tracks.find(({ statistics }) => statistics.ssrc !== undefined)?.statistics.ssrc ?? 0
    );
  }

  #start(): void {
    const nowMs = this.#clock();
    this.#heardMs = nowMs;
    this.#mediaMs = nowMs;
    this.#keyFrameMs = nowMs; // encoders begin with one
    this.#events.onConnected(this);
  }

  #onPacket(bytes: Uint8Array): void {
    if (this.#heardMs === undefined) this.#start();
    const nowMs = this.#clock();
    this.#heardMs = nowMs;
    this.#bytesOfSecond += bytes.length;
    if (isRtcp(bytes)) this.#reception.onRtcp(0, bytes, nowMs);
    else this.#onRtp(bytes, nowMs);
  }

  #onRtp(bytes: Uint8Array, nowMs: number): void {
    const transportSequence = this.#arrivals && this.#media.transportSequence(bytes);
    if (transportSequence !== undefined) this.#arrivals?.onPacket(transportSequence, nowMs);
    const sorted = this.#media.sort(bytes);
    if (sorted === undefined) return;
    const { index, packet, isRepair } = sorted;
    this.#mediaMs = nowMs;
    this.#bytes += packet.length;
    this.#nacks[index]?.arrived(((packet[2] ?? 0) << 8) | (packet[3] ?? 0), nowMs);
    this.#reception.onRtp(index, packet, nowMs, isRepair);
  }

  /** Asks for what is missing, and settles how long to wait for it. */
  #repair(track: RtpTrack, index: number, nowMs: number, packets: RtcpPacket[]): void {
    const nacks = this.#nacks[index];
    const { ssrc, jitterMs } = track.statistics;
    if (nacks === undefined || ssrc === undefined || track.sdp.kind === 'audio') return;
    track.waitFor(Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, 3 * nacks.roundTripMs + 4 * jitterMs)));
    const due = nacks.due(track.missing(NackSchedule.maxPackets), nowMs);
    if (due.length === 0) return;
    packets.push({ type: 'nack', senderSsrc: this.#ssrc, mediaSsrc: ssrc, sequenceNumbers: due });
  }

  #askForKeyFrame(nowMs: number, packets: RtcpPacket[]): void {
    const video = this.#reception.tracks.find(({ sdp }) => sdp.kind === 'video');
    const ssrc = video?.statistics.ssrc;
    if (video === undefined || ssrc === undefined) return;
    const isNeeded = this.#wantsKeyFrame || video.awaitsRandomAccess;
    if (!isNeeded || nowMs - this.#keyFrameMs < KEY_FRAME_MS) return;
    this.#keyFrameMs = nowMs;
    this.#wantsKeyFrame = false;
    packets.push({ type: 'pli', senderSsrc: this.#ssrc, mediaSsrc: ssrc });
  }

  #report(nowMs: number): void {
    this.#reportedMs = nowMs;
    this.#reception.tracks.forEach(({ statistics }, index) => {
      if (statistics.ssrc !== undefined) this.#send(this.#reception.report(index, nowMs));
    });
    if (this.#arrivals !== undefined) return;
    const ssrcs = this.#reception.tracks.flatMap(({ statistics }) => statistics.ssrc ?? []);
    this.#send(
      serializeRtcp([{ type: 'remb', senderSsrc: this.#ssrc, bitsPerSecond: MAX_BITS_PER_SECOND, ssrcs }]),
    );
  }

  #open(tracks: readonly Track[]): Feed {
    let known = tracks;
    this.#channel.setTracks(tracks);
    return {
      write: (unit) => {
        const { track } = unit;
        if (known[track.id] !== track) {
          known = known.map((before) => (before.id === track.id ? track : before));
          this.#channel.setTracks(known);
        }
        // A picture that found no room is missed by all that follow.
        if (!this.#channel.write(unit) && track.kind === 'video') this.#wantsKeyFrame = true;
      },
      report: (track, pts, unixMs) => this.#events.onReport(this, track, pts, unixMs),
      close: () => undefined,
    };
  }

  /** Native calls throw where the connection has just gone. */
  #send(packet: Uint8Array): void {
    if (this.#isClosed) return;
    try {
      this.#peer.sendRtcp(packet);
    } catch {
      this.close('the connection broke');
    }
  }
}
