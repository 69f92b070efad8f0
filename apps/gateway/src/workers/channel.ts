import { type AccessUnit, ProtocolError, type Track } from '@vedette/media';
import { DropGate } from '../stream/drop-gate.ts';
import type { UnitFrame } from './frames.ts';
import { serializeTracks } from './track-json.ts';

/** What an end does with the media that the other end sends on a channel. */
export interface ChannelHandler {
  /** Before the first unit, and again when they change: as `Reader.onTracks`. */
  readonly onTracks?: (tracks: readonly Track[]) => void;
  /** Views of the chunks they came in; `wallClockMs` is what the sender set. */
  readonly onUnit?: (unit: AccessUnit) => void;
  /** The other end closed the channel, or the link is gone. Not called for one's own `close`. */
  readonly onEnd?: (reason: string) => void;
}

/** What a channel needs of its link. */
export interface ChannelPort {
  isEnded(): boolean;
  sendTracks(tracks: unknown): void;
  sendUnit(unit: AccessUnit): void;
  sendEnd(reason: string): void;
  queuedBytes(): number;
  readonly maxQueueBytes: number;
}

/** A worker that takes nothing is killed by its heartbeat, long before this. */
const MAX_STALL_MS = 30_000;

/**
 * A numbered way for access units across a link, both ways: what a job takes and what it gives.
 * Each end declares the tracks it sends. Ended by either end, or with the link.
 */
export class Channel {
  readonly number: number;
  readonly #handler: ChannelHandler;
  readonly #port: ChannelPort;
  readonly #gate: DropGate;
  #hasVideo = false;
  #received: readonly Track[] = [];

  /** Made by `Link.openChannel` and `Link.joinChannel` only. */
  constructor(number: number, handler: ChannelHandler, port: ChannelPort) {
    this.number = number;
    this.#handler = handler;
    this.#port = port;
    this.#gate = new DropGate({ maxQueueBytes: port.maxQueueBytes, maxStallMs: MAX_STALL_MS });
  }

  get isEnded(): boolean {
    return this.#port.isEnded();
  }

  /** Units not sent because the other end was slow. */
  get dropped(): number {
    return this.#gate.dropped;
  }

  /** Declares the tracks of the units that follow. */
  setTracks(tracks: readonly Track[]): void {
    if (this.isEnded) return;
    this.#hasVideo = tracks.some((track) => track.kind === 'video');
    this.#port.sendTracks(serializeTracks(tracks));
  }

  /**
   * Sends one unit of a declared track, in one write and without a copy.
   *
   * @returns whether it was sent: a queue that is full loses whole pictures up to the next random
   * access point, and an ended channel everything.
   */
  write(unit: AccessUnit): boolean {
    if (this.isEnded) return false;
    const isEntry = unit.isRandomAccess && (unit.track.kind === 'video' || !this.#hasVideo);
    const verdict = this.#gate.admit(isEntry, unit.byteLength, this.#port.queuedBytes(), performance.now());
    if (verdict !== 'send') return false;
    this.#port.sendUnit(unit);
    return true;
  }

  /** Leaves the channel and tells the other end. Safe to call twice. */
  close(reason = 'closed'): void {
    if (!this.isEnded) this.#port.sendEnd(reason);
  }

  /** @internal Called by the link only. */
  receiveTracks(tracks: readonly Track[]): void {
    this.#received = tracks;
    this.#handler.onTracks?.(tracks);
  }

  /** @internal Called by the link only. */
  receive(frame: UnitFrame): void {
    const track = this.#received.find(({ id }) => id === frame.trackId);
    if (track === undefined) {
      throw new ProtocolError('ERR_LINK_TRACK', `a unit of track ${frame.trackId}, which was not declared`);
    }
    const { pts, dts, isRandomAccess, data, byteLength, wallClockMs } = frame;
    this.#handler.onUnit?.({ track, pts, dts, isRandomAccess, data, byteLength, wallClockMs });
  }

  /** @internal Called by the link only. */
  ended(reason: string): void {
    this.#handler.onEnd?.(reason);
  }
}
