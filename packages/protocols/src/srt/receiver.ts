import { LossListWriter, writeFullAck } from './control.ts';
import { SRT_HEADER_LENGTH } from './limits.ts';
import {
  dataKeyFlags,
  dataSequence,
  packetTimestamp,
  SRT_CONTROL,
  writeControlHeader,
  writeUint32,
} from './packet.ts';
import { PlayOutClock } from './play-out-clock.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import type { ReceiverKeys } from './receiver-keys.ts';
import type { RoundTrip } from './round-trip.ts';
import { unwrapSequence } from './sequence.ts';
import { RateMeter, type SrtStatistics } from './statistics.ts';
import { wireTimestamp, type SrtWire } from './wire.ts';

export interface ReceiverOptions {
  readonly initialSequence: number;
  readonly peerSocketId: number;
  readonly startUs: number;
  readonly latencyMs: number;
  /** Timestamp of the peer's handshake, and when it came: what ties its clock to ours. */
  readonly peerTimestamp: number;
  readonly peerTimestampUs: number;
  readonly keys: ReceiverKeys | undefined;
}

/** A piece of media, in order and at its time; `isBehindGap`: what stood before it is lost for good. */
export type PayloadListener = (payload: Uint8Array, isBehindGap: boolean) => void;

/** §4.8.1: a short acknowledgement after this many packets, for fast links. */
const LIGHT_ACK_PACKETS = 64;
const MIN_NAK_US = 20_000;
/** Full acknowledgements whose answers are waited for. */
const ACK_HISTORY = 64;

interface SentAck {
  readonly number: number;
  readonly sentUs: number;
  readonly sequence: number;
}

/**
 * The receiving half: puts packets in order, asks for those that are missing, acknowledges, and hands each one on
 * when its time has come, without those that came too late.
 *
 * Spec: draft-sharabayko-srt §4.5 (TSBPD), §4.6 (too-late packet drop), §4.8.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #buffer: ReceiveBuffer;
  readonly #clock: PlayOutClock;
  readonly #roundTrip: RoundTrip;
  readonly #statistics: SrtStatistics;
  readonly #wire: SrtWire;
  readonly #onPayload: PayloadListener;
  readonly #packetRate: RateMeter;
  readonly #byteRate: RateMeter;
  readonly #acks: SentAck[] = [];
  #ackNumber = 0;
  #ackedSequence: number;
  /** What the peer has confirmed to know of. */
  #confirmedSequence: number;
  #ackedUs: number;
  #packetsSinceAck = 0;
  #nextNakUs = 0;

  constructor(
    options: ReceiverOptions,
    wire: SrtWire,
    onPayload: PayloadListener,
    { roundTrip, statistics, nowUs }: { roundTrip: RoundTrip; statistics: SrtStatistics; nowUs: number },
  ) {
    this.#options = options;
    this.#wire = wire;
    this.#onPayload = onPayload;
    this.#roundTrip = roundTrip;
    this.#statistics = statistics;
    this.#buffer = new ReceiveBuffer(options.initialSequence);
    this.#clock = new PlayOutClock(options.peerTimestamp, options.peerTimestampUs, options.latencyMs * 1000);
    this.#packetRate = new RateMeter(nowUs);
    this.#byteRate = new RateMeter(nowUs);
    this.#ackedSequence = options.initialSequence;
    this.#confirmedSequence = options.initialSequence;
    this.#ackedUs = nowUs;
  }

  /** Bytes that wait for their time. */
  get bufferedBytes(): number {
    return this.#buffer.byteLength;
  }

  /** Takes a data packet; its bytes belong to the receiver from here on, and are decrypted in place. */
  onData(packet: Uint8Array, nowUs: number): void {
    const buffer = this.#buffer;
    const wireSequence = dataSequence(packet);
    const sequence = unwrapSequence(wireSequence, buffer.end);
    const verdict = buffer.check(sequence);
    if (verdict !== 'new') {
      if (verdict === 'duplicate') this.#statistics.duplicates += 1;
      else if (verdict === 'belated') this.#statistics.belated += 1;
      return;
    }
    if (!this.#decrypt(packet, wireSequence)) {
      this.#statistics.undecrypted += 1;
      return;
    }
    const { end } = buffer;
    const payload = packet.subarray(SRT_HEADER_LENGTH);
    const arrival = buffer.put(sequence, payload, this.#clock.dueUs(packetTimestamp(packet)));
    this.#count(payload.length, arrival === 'recovered');
    if (sequence > end) {
      this.#statistics.lost += sequence - end;
      this.#sendNak(nowUs, end, sequence - 1);
      // Not where a report is due already: gap after gap would put it off for ever.
      if (this.#nextNakUs < nowUs) this.#nextNakUs = nowUs + this.#nakIntervalUs;
    }
    this.#packetsSinceAck += 1;
    if (this.#packetsSinceAck >= LIGHT_ACK_PACKETS) this.#sendLightAck(nowUs);
    this.deliver(nowUs);
  }

  onAckAck(number: number, timestamp: number, nowUs: number): void {
    const index = this.#acks.findIndex((ack) => ack.number === number);
    const ack = this.#acks[index];
    if (ack === undefined) return;
    this.#acks.splice(0, index + 1);
    this.#confirmedSequence = Math.max(this.#confirmedSequence, ack.sequence);
    this.#roundTrip.sample(nowUs - ack.sentUs);
    this.#clock.observe(timestamp, nowUs, this.#roundTrip.us);
  }

  /** The sender will not send `first` to `last` (31 bits each) again. */
  onDropRequest(first: number, last: number): void {
    const start = unwrapSequence(first, this.#buffer.end);
    this.#buffer.losses.giveUp(start, start + ((last - first) & 0x7fff_ffff));
  }

  /** Hands on what is due. */
  deliver(nowUs: number): void {
    this.#statistics.receiveDropped += this.#buffer.deliver(nowUs, this.#onPayload);
  }

  /** To be called every 10 ms: the interval of full acknowledgements (§4.8.1). */
  tick(nowUs: number): void {
    this.deliver(nowUs);
    this.#sendFullAck(nowUs);
    if (this.#buffer.losses.packets > 0 && nowUs >= this.#nextNakUs) this.#sendPeriodicNak(nowUs);
  }

  get #nakIntervalUs(): number {
    return Math.max(MIN_NAK_US, this.#roundTrip.patienceUs / 2);
  }

  #decrypt(packet: Uint8Array, sequence: number): boolean {
    const { keys } = this.#options;
    const flags = dataKeyFlags(packet);
    if (keys === undefined) return flags === 0;
    const stream = keys.streamFor(flags);
    stream?.apply(packet, SRT_HEADER_LENGTH, packet.length, sequence);
    return stream !== undefined;
  }

  #count(bytes: number, isRecovered: boolean): void {
    this.#statistics.received += 1;
    this.#statistics.receivedBytes += bytes;
    if (isRecovered) this.#statistics.recovered += 1;
    this.#packetRate.add(1);
    this.#byteRate.add(bytes);
  }

  #sendFullAck(nowUs: number): void {
    const sequence = this.#buffer.acknowledged;
    const isNews = sequence > this.#ackedSequence;
    const isUnanswered =
      this.#confirmedSequence < this.#ackedSequence && nowUs - this.#ackedUs > this.#roundTrip.patienceUs;
    if (!isNews && !isUnanswered) return;
    this.#ackNumber = (this.#ackNumber % 0x7fff_ffff) + 1;
    this.#header(SRT_CONTROL.ack, this.#ackNumber, nowUs);
    const receivingRate = this.#packetRate.perSecond(nowUs);
    const length = writeFullAck(this.#wire.buffer, {
      sequence: sequence & 0x7fff_ffff,
      roundTripUs: Math.round(this.#roundTrip.us),
      roundTripVarianceUs: Math.round(this.#roundTrip.varianceUs),
      availablePackets: Math.max(2, this.#buffer.availablePackets),
      receivingRate,
      linkCapacity: Math.max(receivingRate, 1000),
      receivingBytesPerSecond: this.#byteRate.perSecond(nowUs),
    });
    this.#wire.send(length);
    this.#ackedSequence = sequence;
    this.#ackedUs = nowUs;
    this.#packetsSinceAck = 0;
    this.#acks.push({ number: this.#ackNumber, sentUs: nowUs, sequence });
    if (this.#acks.length > ACK_HISTORY) this.#acks.shift();
  }

  #sendLightAck(nowUs: number): void {
    this.#packetsSinceAck = 0;
    this.#header(SRT_CONTROL.ack, 0, nowUs);
    writeUint32(this.#wire.buffer, SRT_HEADER_LENGTH, this.#buffer.acknowledged & 0x7fff_ffff);
    this.#wire.send(SRT_HEADER_LENGTH + 4);
  }

  #sendNak(nowUs: number, first: number, last: number): void {
    this.#header(SRT_CONTROL.nak, 0, nowUs);
    const list = new LossListWriter(this.#wire.buffer);
    list.add(first, last);
    this.#wire.send(list.length);
  }

  /** Everything that is missing once more: a NAK, or what was sent again, may have been lost as well (§4.8.2). */
  #sendPeriodicNak(nowUs: number): void {
    this.#nextNakUs = nowUs + this.#nakIntervalUs;
    this.#header(SRT_CONTROL.nak, 0, nowUs);
    const list = new LossListWriter(this.#wire.buffer);
    for (const { first, last, isGivenUp } of this.#buffer.losses.runs) {
      if (!isGivenUp && !list.add(first, last)) break;
    }
    if (!list.isEmpty) this.#wire.send(list.length);
  }

  #header(type: number, info: number, nowUs: number): void {
    const { startUs, peerSocketId } = this.#options;
    writeControlHeader(this.#wire.buffer, type, info, wireTimestamp(nowUs, startUs), peerSocketId);
  }
}
