import { playoutDelayElement } from '@vedette/protocols';
import type { LineEstimate } from './line-estimate.ts';
import { PLAYOUT_DELAY_OFFSET, TRANSPORT_SEQUENCE_OFFSET, type PacketRun } from './packet-run.ts';
import type { SentTrack, StreamSettings } from './messages.ts';

/** What packets of pictures carry beside them. */
export interface PictureExtras {
  readonly playoutDelay: StreamSettings['playoutDelay'];
  /** Told of each packet that leaves, where the viewer tells of each that arrives. */
  readonly line: LineEstimate;
}

/** The pictures or the sound that one viewer is sent: its own numbers, and what was sent so far. */
export class SentMedia {
  /** Of the stream that it is sent from now; the numbers go on when that is another one. */
  trackId: number;
  readonly ssrc: number;
  readonly #payloadType: number;
  /** The playout-delay element as it stands in the packets; 0 is padding (RFC 8285 §4.2). */
  readonly #delayWord: number | undefined;
  /** Header byte of the transport-wide sequence number; 0 is padding. */
  readonly #sequenceHeader: number;
  readonly #line: LineEstimate | undefined;
  #sequenceNumber = Math.floor(Math.random() * 0x8000);
  #packets = 0;
  #payloadBytes = 0;

  /** @param pictures what their packets carry beside them; `undefined` for sound */
  constructor(track: SentTrack, ssrc: number, pictures: PictureExtras | undefined) {
    this.trackId = track.trackId;
    this.ssrc = ssrc;
    this.#payloadType = track.payloadType;
    this.#sequenceHeader = track.transportSequenceId === 0 ? 0 : (track.transportSequenceId << 4) | 1;
    this.#delayWord = pictures && delayWord(track.playoutDelayId, pictures.playoutDelay);
    this.#line = pictures?.line;
  }

  /** For sender reports. */
  get packetCount(): number {
    return this.#packets;
  }

  /** For sender reports. */
  get octetCount(): number {
    return this.#payloadBytes;
  }

  /** Sends each packet of `run`, with this viewer's numbers in it and `timestamp` as its time. */
  send(run: PacketRun, timestamp: number, nowMs: number, transmit: (packet: Buffer) => void): void {
    const payloadType = this.#payloadType;
    const delay = this.#delayWord;
    let sequenceNumber = this.#sequenceNumber;
    for (const packet of run.packets) {
      packet[1] = ((packet[1] ?? 0) & 0x80) | payloadType;
      packet[2] = sequenceNumber >> 8;
      packet[3] = sequenceNumber;
      packet[4] = timestamp >>> 24;
      packet[5] = timestamp >>> 16;
      packet[6] = timestamp >>> 8;
      packet[7] = timestamp;
      if (delay !== undefined) {
        packet[PLAYOUT_DELAY_OFFSET] = delay >>> 24;
        packet[PLAYOUT_DELAY_OFFSET + 1] = delay >>> 16;
        packet[PLAYOUT_DELAY_OFFSET + 2] = delay >>> 8;
        packet[PLAYOUT_DELAY_OFFSET + 3] = delay;
      }
      if (this.#line !== undefined) this.#writeTransportSequence(packet, this.#line, nowMs);
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
      transmit(packet);
    }
    this.#sequenceNumber = sequenceNumber;
    this.#packets += run.packets.length;
    this.#payloadBytes += run.payloadLength;
  }

  #writeTransportSequence(packet: Buffer, line: LineEstimate, nowMs: number): void {
    const header = this.#sequenceHeader;
    const number = header === 0 ? 0 : line.sent(packet.length, nowMs);
    packet[TRANSPORT_SEQUENCE_OFFSET] = header;
    packet[TRANSPORT_SEQUENCE_OFFSET + 1] = number >> 8;
    packet[TRANSPORT_SEQUENCE_OFFSET + 2] = number;
  }
}

/** The playout-delay element with its header, as the word it is in a packet. */
function delayWord(id: number, { minMs, maxMs }: StreamSettings['playoutDelay']): number {
  if (id === 0) return 0;
  const { data } = playoutDelayElement(id, minMs, maxMs);
  const [first = 0, second = 0, third = 0] = data;
  return ((id << 28) | ((data.length - 1) << 24) | (first << 16) | (second << 8) | third) >>> 0;
}
