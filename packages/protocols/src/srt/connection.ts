import { ProtocolError } from '@vedette/media';
import { parseAck, parseDropRequest, readLossList } from './control.ts';
import { SRT_EXTENSION } from './handshake-extensions.ts';
import { SRT_HEADER_LENGTH } from './limits.ts';
import {
  checkPacketLength,
  controlInfo,
  controlSubtype,
  controlType,
  isControlPacket,
  packetTimestamp,
  SRT_CONTROL,
  writeControlHeader,
} from './packet.ts';
import { Receiver, type PayloadListener } from './receiver.ts';
import type { ReceiverKeys } from './receiver-keys.ts';
import { RoundTrip } from './round-trip.ts';
import { Sender } from './sender.ts';
import type { SenderKeys } from './sender-keys.ts';
import { createStatistics, type SrtStatistics } from './statistics.ts';
import { wireTimestamp, type SrtWire } from './wire.ts';

/** What two sides have agreed in their handshake. */
export interface SrtAgreement {
  /** Our socket: what the peer's packets are addressed to. */
  readonly socketId: number;
  readonly peerSocketId: number;
  readonly initialSequence: number;
  /** Our time at which timestamps of ours are zero, microseconds. */
  readonly startUs: number;
  /** Timestamp of the peer's handshake, and when it came. */
  readonly peerTimestamp: number;
  readonly peerTimestampUs: number;
  /** Of what we receive, and of what the peer receives. */
  readonly receiveLatencyMs: number;
  readonly sendLatencyMs: number;
  /** Packets that the peer has room for. */
  readonly flowWindow: number;
  /** Version of the peer's SRT, as 0xMMmmpp. */
  readonly peerVersion: number;
  readonly keys: { readonly sender: SenderKeys; readonly receiver: ReceiverKeys } | undefined;
}

export interface SrtConnectionOutput {
  readonly wire: SrtWire;
  /** Media that arrived, in order and at its time. */
  readonly onPayload: PayloadListener;
  /** The connection is over, unless `close` was called; nothing follows. */
  readonly onClosed: (end: SrtEnd) => void;
}

/** `shutdown`: the peer said goodbye; `silent`: it has said nothing for five seconds; `peerError`: it failed. */
export type SrtEnd = 'shutdown' | 'silent' | 'peerError';

/** §4.7.2: a peer that says nothing for this long is gone. */
const SILENCE_US = 5_000_000;
const KEEP_ALIVE_US = 1_000_000;

/**
 * One established connection: takes the peer's packets and the time, and sends ours. Live mode: what is too late
 * is dropped on both sides.
 *
 * Spec: draft-sharabayko-srt §4.
 */
export class SrtConnection {
  readonly agreement: SrtAgreement;
  readonly statistics: SrtStatistics = createStatistics();
  readonly #output: SrtConnectionOutput;
  readonly #wire: SrtWire;
  /** What we measure as a receiver, and what the peer measures of what we send. */
  readonly #receivingTrip = new RoundTrip();
  readonly #sendingTrip = new RoundTrip();
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  #hasSpoken = false;
  #heardUs: number;
  #spokeUs: number;
  #announcedUs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(agreement: SrtAgreement, output: SrtConnectionOutput, nowUs: number) {
    this.agreement = agreement;
    this.#output = output;
    this.#heardUs = nowUs;
    this.#spokeUs = nowUs;
    const { wire } = output;
    this.#wire = {
      get buffer() {
        return wire.buffer;
      },
      send: (length) => {
        this.#hasSpoken = true;
        wire.send(length);
      },
    };
    const { initialSequence, peerSocketId, startUs, peerTimestamp, peerTimestampUs, keys } = agreement;
    const shared = { initialSequence, peerSocketId, startUs };
    const { statistics } = this;
    this.#sender = new Sender(
      { ...shared, latencyMs: agreement.sendLatencyMs, flowWindow: agreement.flowWindow, keys: keys?.sender },
      this.#wire,
      { roundTrip: this.#sendingTrip, statistics, nowUs },
    );
    this.#receiver = new Receiver(
      {
        ...shared,
        latencyMs: agreement.receiveLatencyMs,
        peerTimestamp,
        peerTimestampUs,
        keys: keys?.receiver,
      },
      this.#wire,
      output.onPayload,
      { roundTrip: this.#receivingTrip, statistics, nowUs },
    );
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes written and not sent yet. */
  get unsentBytes(): number {
    return this.#sender.unsentBytes;
  }

  /** Bytes held for the peer: not sent, or not acknowledged. */
  get keptBytes(): number {
    return this.#sender.keptBytes;
  }

  /** When something that was sent was last given up because it was too old: the way to the peer is too narrow. */
  get droppedUs(): number {
    return this.#sender.droppedUs;
  }

  /** Bytes of the peer that wait for their time. */
  get bufferedBytes(): number {
    return this.#receiver.bufferedBytes;
  }

  /** The better known of the two measurements; `undefined` before the first. */
  get roundTrip(): RoundTrip | undefined {
    if (this.#receivingTrip.isMeasured) return this.#receivingTrip;
    return this.#sendingTrip.isMeasured ? this.#sendingTrip : undefined;
  }

  /**
   * Sends media: cut into packets, encrypted where a passphrase was agreed. `bytes` must not change any more.
   *
   * @returns `false`: there is no room; nothing of it is sent.
   */
  write(bytes: Uint8Array, nowUs: number): boolean {
    return !this.#isClosed && this.#sender.write(bytes, nowUs);
  }

  /** Takes a packet that is addressed to us. Never throws: what breaks a rule is counted and left aside. */
  receive(packet: Uint8Array, nowUs: number): void {
    if (this.#isClosed) return;
    try {
      checkPacketLength(packet);
      this.#heardUs = nowUs;
      if (isControlPacket(packet)) this.#onControl(packet, nowUs);
      else this.#receiver.onData(packet, nowUs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.statistics.malformed += 1;
    }
  }

  /** To be called every 10 ms. */
  tick(nowUs: number): void {
    if (this.#isClosed) return;
    if (nowUs - this.#heardUs > SILENCE_US) {
      this.#end('silent');
      return;
    }
    this.#receiver.tick(nowUs);
    this.#sender.tick(nowUs);
    this.#announceKey(nowUs);
    if (this.#hasSpoken) this.#spokeUs = nowUs;
    this.#hasSpoken = false;
    if (nowUs - this.#spokeUs >= KEEP_ALIVE_US) this.#sendControl(SRT_CONTROL.keepAlive, 0, nowUs);
  }

  /** Says goodbye and ends. Safe to call twice. */
  close(nowUs: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sendControl(SRT_CONTROL.shutdown, 0, nowUs);
  }

  #onControl(packet: Uint8Array, nowUs: number): void {
    switch (controlType(packet)) {
      case SRT_CONTROL.ack:
        this.#onAck(packet, nowUs);
        break;
      case SRT_CONTROL.nak:
        readLossList(packet, (first, last) => this.#sender.onLoss(first, last, nowUs));
        this.#sender.flush(nowUs);
        break;
      case SRT_CONTROL.ackAck:
        this.#receiver.onAckAck(controlInfo(packet), packetTimestamp(packet), nowUs);
        break;
      case SRT_CONTROL.dropRequest: {
        const { first, last } = parseDropRequest(packet);
        this.#receiver.onDropRequest(first, last);
        break;
      }
      case SRT_CONTROL.shutdown:
        // Nothing more will come: what waits for its time need not wait any longer.
        this.#receiver.deliver(Number.POSITIVE_INFINITY);
        this.#end('shutdown');
        break;
      case SRT_CONTROL.peerError:
        this.#end('peerError');
        break;
      case SRT_CONTROL.userDefined:
        this.#onExtension(packet, nowUs);
        break;
      default: // a keep-alive says nothing else; handshakes are not for connections
    }
  }

  #onAck(packet: Uint8Array, nowUs: number): void {
    const ack = parseAck(packet);
    if (ack.roundTripUs !== undefined) {
      this.#sendingTrip.adopt(ack.roundTripUs, ack.roundTripVarianceUs ?? ack.roundTripUs / 2);
    }
    const number = controlInfo(packet);
    // A light one is not answered (§3.2.4).
    if (number !== 0) this.#sendControl(SRT_CONTROL.ackAck, number, nowUs);
    this.#sender.onAck(ack, nowUs);
  }

  #onExtension(packet: Uint8Array, nowUs: number): void {
    const { keys } = this.agreement;
    const message = packet.subarray(SRT_HEADER_LENGTH);
    if (keys === undefined) return;
    const subtype = controlSubtype(packet);
    if (subtype === SRT_EXTENSION.keyResponse) keys.sender.confirm(message);
    if (subtype !== SRT_EXTENSION.keyRequest) return;
    const isKnown = keys.receiver.isRepeated(message) || keys.receiver.take(message) !== undefined;
    if (isKnown) this.#sendKeyMessage(SRT_EXTENSION.keyResponse, message.slice(), nowUs);
  }

  #announceKey(nowUs: number): void {
    const message = this.agreement.keys?.sender.announcement;
    if (message === undefined || nowUs - this.#announcedUs < this.#sendingTrip.us * 1.5) return;
    this.#announcedUs = nowUs;
    this.#sendKeyMessage(SRT_EXTENSION.keyRequest, message, nowUs);
  }

  #sendKeyMessage(subtype: number, message: Uint8Array, nowUs: number): void {
    const { buffer } = this.#wire;
    const { startUs, peerSocketId } = this.agreement;
    const timestamp = wireTimestamp(nowUs, startUs);
    writeControlHeader(buffer, SRT_CONTROL.userDefined, 0, timestamp, peerSocketId, subtype);
    buffer.set(message, SRT_HEADER_LENGTH);
    this.#wire.send(SRT_HEADER_LENGTH + message.length);
  }

  /** A control packet without a body; libsrt reads four bytes there, and sends them too. */
  #sendControl(type: number, info: number, nowUs: number): void {
    const { buffer } = this.#wire;
    const { startUs, peerSocketId } = this.agreement;
    writeControlHeader(buffer, type, info, wireTimestamp(nowUs, startUs), peerSocketId);
    buffer.fill(0, SRT_HEADER_LENGTH, SRT_HEADER_LENGTH + 4);
    this.#wire.send(SRT_HEADER_LENGTH + 4);
  }

  #end(end: SrtEnd): void {
    this.#isClosed = true;
    this.#output.onClosed(end);
  }
}
