import { DropGate, type DropGateOptions } from '../../stream/drop-gate.ts';
import { DatagramOutlet } from './datagram-outlet.ts';
import { InterleavedOutlet } from './interleaved-outlet.ts';
import type { Outlet } from './outlet.ts';
import type { TrackTransport } from './track-transport.ts';
import type { WireUnit } from './wire-unit.ts';

/** Where a track begins for a viewer: an entry of `RTP-Info` (RFC 2326 §12.33). */
export interface TrackStart {
  readonly trackId: number;
  readonly sequenceNumber: number;
  /** RTP time of the instant at which the viewer's media begins; the same instant for all tracks. */
  readonly rtpTimestamp: number;
}

/** Why a viewer was ended by the stream: `stalled` took nothing for too long, so polite words are in vain. */
export type ViewerEnd = (reason: string, isStalled: boolean) => void;

/** What a viewer asks of the sink it belongs to. */
export interface ViewerHost {
  ssrcOf(trackId: number): number;
  /** Answers, then sends the current group of pictures, then live, without a gap. */
  join(viewer: RtspViewer, respond: (starts: readonly TrackStart[]) => void): boolean;
  leave(viewer: RtspViewer): void;
  sayGoodbye(viewer: RtspViewer, reason: string): void;
  release(viewer: RtspViewer): void;
  /** Something of `outlet` waits for its turn. */
  pace(outlet: Outlet): void;
}

export interface ViewerTotals {
  readonly bytes: number;
  readonly dropped: number;
  readonly queuedBytes: number;
}

/** One peer that watches a stream by RTSP: the tracks it set up, its queue, its place in the stream. */
export class RtspViewer {
  readonly #host: ViewerHost;
  readonly #gate: DropGate;
  readonly #onEnd: ViewerEnd;
  readonly #hasTrack: boolean[] = [];
  #outlet: InterleavedOutlet | DatagramOutlet | undefined;
  #hasVideo = false;
  #awaitsEntry = true;
  #isPlaying = false;
  #isClosed = false;
  #bytes = 0;

  /** @internal Made by the sink. */
  constructor(host: ViewerHost, bounds: DropGateOptions, onEnd: ViewerEnd) {
    this.#host = host;
    this.#gate = new DropGate(bounds);
    this.#onEnd = onEnd;
  }

  get isPlaying(): boolean {
    return this.#isPlaying;
  }

  /** Whether a video track was set up: then only pictures start or resume the viewer, else any unit does. */
  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  get outlet(): Outlet | undefined {
    return this.#outlet;
  }

  /** Units that were copied because this viewer numbers its channels in its own way. */
  get copiedUnits(): number {
    return this.#outlet?.copiedUnits ?? 0;
  }

  ssrcOf(trackId: number): number {
    return this.#host.ssrcOf(trackId);
  }

  includes(trackId: number): boolean {
    return this.#hasTrack[trackId] === true;
  }

  /**
   * Adds a track, or changes how it travels. Not while playing.
   *
   * @throws {Error} the tracks of one viewer would travel in different ways.
   */
  setup(trackId: number, isVideo: boolean, transport: TrackTransport): void {
    const outlet = (this.#outlet ??=
      transport.kind === 'interleaved'
        ? new InterleavedOutlet(transport.socket)
        : new DatagramOutlet(() => this.#pace()));
    if (transport.kind === 'interleaved' && outlet instanceof InterleavedOutlet) {
      outlet.connect(trackId, transport.rtpChannel, transport.rtcpChannel);
    } else if (transport.kind === 'datagram' && outlet instanceof DatagramOutlet) {
      outlet.connect(trackId, transport.peer);
    } else {
      throw new Error('the tracks of one RTSP session must use the same transport');
    }
    this.#hasTrack[trackId] = true;
    this.#hasVideo ||= isVideo;
  }

  /**
   * Starts, or starts again after a pause, at the current group of pictures.
   *
   * @param respond writes the response, in the same burst as the first picture. Called synchronously,
   * once; `starts` lacks tracks whose first packet is not known yet.
   * @returns `false` when the stream's tracks changed or it ended: `respond` was not called, and
   * the viewer has been told of its end.
   */
  play(respond: (starts: readonly TrackStart[]) => void): boolean {
    if (this.#isClosed) return false;
    this.#awaitsEntry = this.#hasVideo;
    const outlet = this.#outlet;
    outlet?.cork();
    try {
      this.#isPlaying = this.#host.join(this, respond);
    } finally {
      outlet?.uncork();
    }
    return this.#isPlaying;
  }

  pause(): void {
    this.#isPlaying = false;
    this.#outlet?.clear();
    this.#host.leave(this);
  }

  /**
   * Leaves the stream; nothing is sent any more. Safe to call twice.
   *
   * @param goodbye the last thing said to a viewer that plays (RTCP BYE), where politeness is of use.
   */
  close(goodbye?: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isPlaying && goodbye !== undefined) this.#host.sayGoodbye(this, goodbye);
    this.#isPlaying = false;
    this.#outlet?.close();
    this.#host.release(this);
  }

  totals(): ViewerTotals {
    return {
      bytes: this.#bytes,
      dropped: this.#gate.dropped,
      queuedBytes: this.#outlet?.queuedBytes ?? 0,
    };
  }

  /** @internal Ends the viewer from the stream's side. */
  end(reason: string, isStalled: boolean): void {
    if (this.#isClosed) return;
    this.close(isStalled ? undefined : reason);
    this.#onEnd(reason, isStalled);
  }

  /** @internal One unit of the stream: sends it, keeps it in the queue, or drops it. */
  offer(unit: WireUnit, nowMs: number): void {
    const outlet = this.#outlet;
    if (outlet === undefined || this.#hasTrack[unit.trackId] !== true) return;
    const isEntry = unit.isVideo ? unit.isRandomAccess : !this.#hasVideo;
    if (this.#awaitsEntry) {
      if (!isEntry) return;
      this.#awaitsEntry = false;
    }
    const verdict = this.#gate.admit(isEntry, unit.byteLength, outlet.queuedBytes, nowMs);
    if (verdict === 'send') {
      this.#bytes += unit.byteLength;
      outlet.send(unit, nowMs);
    } else if (verdict === 'close') {
      this.end('the viewer took nothing for too long', true);
    }
  }

  #pace(): void {
    if (this.#outlet !== undefined) this.#host.pace(this.#outlet);
  }
}
