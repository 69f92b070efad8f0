import { playoutDelayElement } from '@vedette/protocols';
import { PLAYOUT_DELAY_OFFSET, type PacketRun } from './packet-run.ts';
import type { SentTrack, StreamSettings } from './messages.ts';

/** The pictures or the sound that one viewer is sent: its own numbers, and what was sent so far. */
export class SentMedia {
  readonly trackId: number;
  readonly ssrc: number;
  readonly #payloadType: number;
  /** The playout-delay element as it stands in the packets; 0 is padding (RFC 8285 §4.2). */
  readonly #delayWord: number | undefined;
  #sequenceNumber = Math.floor(Math.random() * 0x8000);
  #packets = 0;
  #payloadBytes = 0;

  constructor(track: SentTrack, ssrc: number, playoutDelay: StreamSettings['playoutDelay'] | undefined) {
    this.trackId = track.trackId;
    this.ssrc = ssrc;
    this.#payloadType = track.payloadType;
    this.#delayWord = playoutDelay && delayWord(track.playoutDelayId, playoutDelay);
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
  send(run: PacketRun, timestamp: number, transmit: (packet: Buffer) => void): void {
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
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
      transmit(packet);
    }
    this.#sequenceNumber = sequenceNumber;
    this.#packets += run.packets.length;
    this.#payloadBytes += run.payloadLength;
  }
}

/** The playout-delay element with its header, as the word it is in a packet. */
function delayWord(id: number, { minMs, maxMs }: StreamSettings['playoutDelay']): number {
  if (id === 0) return 0;
  const { data } = playoutDelayElement(id, minMs, maxMs);
  const [first = 0, second = 0, third = 0] = data;
  return ((id << 28) | ((data.length - 1) << 24) | (first << 16) | (second << 8) | third) >>> 0;
}
