import { RtspParser, parseRtpPacket, parseRtcp, type RtcpPacket, type RtpPacket } from '@vedette/protocols';
import type { OutletSocket } from '../socket-outlet.ts';

/** As Node's sockets have it: from here on `write` asks to wait for `drain`. */
const HIGH_WATER_BYTES = 64 * 1024;

/** A socket whose peer takes exactly what the test says. */
export class FakeSocket implements OutletSocket {
  /** Every write, in order, as the same objects. */
  readonly writes: Uint8Array[] = [];
  /** What was called, in order. */
  readonly calls: ('write' | 'cork' | 'uncork')[] = [];
  readonly #drainListeners = new Set<() => void>();
  /** The peer reads everything at once. */
  isOpen = true;
  #queued = 0;
  #needsDrain = false;

  get writableLength(): number {
    return this.#queued;
  }

  get listenerCount(): number {
    return this.#drainListeners.size;
  }

  write(bytes: Uint8Array): boolean {
    this.calls.push('write');
    this.writes.push(bytes);
    if (this.isOpen) return true;
    this.#queued += bytes.length;
    if (this.#queued < HIGH_WATER_BYTES) return true;
    this.#needsDrain = true;
    return false;
  }

  cork(): void {
    this.calls.push('cork');
  }

  uncork(): void {
    this.calls.push('uncork');
  }

  on(_event: 'drain', listener: () => void): void {
    this.#drainListeners.add(listener);
  }

  off(_event: 'drain', listener: () => void): void {
    this.#drainListeners.delete(listener);
  }

  /** The peer has read all that was written. */
  drain(): void {
    this.#queued = 0;
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    for (const listener of [...this.#drainListeners]) listener();
  }

  /** The RTP packets written on a channel. */
  rtp(channel: number): RtpPacket[] {
    return this.#frames(channel).map(parseRtpPacket);
  }

  /** The RTCP packets written on a channel. */
  rtcp(channel: number): RtcpPacket[] {
    return this.#frames(channel).flatMap(parseRtcp);
  }

  #frames(wanted: number): Uint8Array[] {
    const found: Uint8Array[] = [];
    const parser = new RtspParser({
      onFrame: (channel, payload) => {
        if (channel === wanted) found.push(payload);
      },
      onRequest: () => undefined,
      onResponse: () => undefined,
    });
    for (const bytes of this.writes) parser.push(bytes);
    return found;
  }
}
