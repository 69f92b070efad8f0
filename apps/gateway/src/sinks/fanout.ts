import { ProtocolError, sameTrack, type AccessUnit, type Track } from '@vedette/media';
import { DropGate, VIEWER_BOUNDS, type DropGateOptions } from '../stream/drop-gate.ts';
import type { Reader } from '../stream/reader.ts';
import { steadyClock, type Clock, type Stream } from '../stream/stream.ts';
import type { ByteOutlet } from './byte-outlet.ts';
import { WireCache, type WireItem } from './wire-cache.ts';

/** How a protocol writes a stream, the same bytes for every viewer. One instance a stream. */
export interface WireFormat {
  /** What a viewer gets first of all, and never again: the head of a file. Asked for once the header is known. */
  readonly opening?: Buffer;
  /**
   * What a viewer gets before its first unit. Called when the tracks are known and when they change:
   * viewers are sent it again then.
   *
   * @throws {ProtocolError} these tracks cannot be written: viewers are ended.
   */
  header(tracks: readonly Track[]): Buffer;
  /**
   * One unit as it goes over the wire; `undefined`: it is left out.
   *
   * @throws {ProtocolError} it cannot be written: it is left out and counted.
   */
  unit(unit: AccessUnit): Buffer | undefined;
}

/** Why a viewer was ended by the stream: `stalled` took nothing for too long, so polite words are in vain. */
export type FanoutEnd = (reason: string, isStalled: boolean) => void;

export interface FanoutOptions {
  /** Of the readers, for logs and metrics. */
  readonly name: string;
  /** Makes the writer of one stream. */
  readonly format: (stream: Stream) => WireFormat;
  readonly clock?: Clock;
  /** What one viewer may cost. */
  readonly bounds?: DropGateOptions;
}

interface WireUnit extends WireItem {
  readonly bytes: Buffer;
}

/** The sinks of one byte-stream protocol: one a stream, made for its first viewer and gone with its last. */
export class FanoutSinks {
  readonly #options: FanoutOptions;
  readonly #sinks = new Map<Stream, FanoutSink>();

  constructor(options: FanoutOptions) {
    this.#options = options;
  }

  /** Sinks at work. */
  get size(): number {
    return this.#sinks.size;
  }

  /**
   * Begins to send `stream`, which must know its tracks: header, current group of pictures, then live,
   * without a gap; the first picture is on its way when this returns. The caller closes the viewer.
   *
   * @param onEnd called when the stream ends the viewer, after this has returned; it is closed by then.
   * @throws {ProtocolError} the format cannot carry the stream's tracks.
   */
  open(stream: Stream, outlet: ByteOutlet, onEnd: FanoutEnd): FanoutViewer {
    let sink = this.#sinks.get(stream);
    if (sink === undefined) {
      sink = new FanoutSink(stream, this.#options, (unused) => {
        if (this.#sinks.get(stream) === unused) this.#sinks.delete(stream);
      });
      this.#sinks.set(stream, sink);
    }
    return sink.open(outlet, onEnd);
  }
}

/** One reader of a stream, which turns each unit into wire bytes once and gives them to all viewers. */
class FanoutSink implements Reader {
  readonly name: string;
  readonly #stream: Stream;
  readonly #format: WireFormat;
  readonly #now: Clock;
  readonly #bounds: DropGateOptions;
  readonly #onUnused: (sink: FanoutSink) => void;
  readonly #cache = new WireCache<WireUnit>();
  readonly #viewers = new Set<FanoutViewer>();
  #tracks: readonly Track[] = [];
  #header: Buffer | undefined;
  #fault: ProtocolError | undefined;
  #hasVideo = false;
  #isAttached = false;

  constructor(stream: Stream, options: FanoutOptions, onUnused: (sink: FanoutSink) => void) {
    this.name = options.name;
    this.#stream = stream;
    this.#format = options.format(stream);
    this.#now = options.clock ?? steadyClock;
    this.#bounds = options.bounds ?? VIEWER_BOUNDS;
    this.#onUnused = onUnused;
  }

  open(outlet: ByteOutlet, onEnd: FanoutEnd): FanoutViewer {
    if (!this.#isAttached) {
      this.#isAttached = true;
      this.#stream.addReader(this);
    }
    const header = this.#header;
    if (header === undefined) {
      this.#leaveIfUnused();
      throw this.#fault ?? new ProtocolError('ERR_NO_TRACKS', 'the stream has no tracks yet');
    }
    const viewer = new FanoutViewer(outlet, this.#bounds, onEnd, () => this.#release(viewer));
    this.#viewers.add(viewer);
    outlet.cork();
    try {
      const { opening } = this.#format;
      if (opening !== undefined) viewer.send(opening);
      viewer.send(header);
      const nowMs = this.#now();
      for (const unit of this.#stream.isLive ? this.#cache.units : []) {
        viewer.offer(unit, this.#hasVideo, nowMs);
      }
    } finally {
      outlet.uncork();
    }
    return viewer;
  }

  onTracks(tracks: readonly Track[]): void {
    const isSame =
      this.#header !== undefined &&
      tracks.length === this.#tracks.length &&
      tracks.every((track, index) => sameTrack(track, this.#tracks[index] ?? track));
    this.#tracks = tracks;
    // What is cached is from before; a source that returns goes on with a random access point.
    this.#cache.clear();
    if (isSame || tracks.length === 0) return;
    this.#hasVideo = tracks.some(({ kind }) => kind === 'video');
    try {
      this.#header = this.#format.header(tracks);
      for (const viewer of this.#viewers) viewer.send(this.#header);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#header = undefined;
      this.#fault = error;
      this.#endAll(error.message);
    }
  }

  onUnit(unit: AccessUnit, isReplay: boolean): void {
    const wire = this.#write(unit);
    if (wire === undefined) return;
    this.#cache.push(wire);
    if (isReplay) return;
    const nowMs = this.#now();
    for (const viewer of this.#viewers) viewer.offer(wire, this.#hasVideo, nowMs);
  }

  onEnd(reason: string): void {
    this.#isAttached = false;
    this.#endAll(reason);
  }

  #write(unit: AccessUnit): WireUnit | undefined {
    try {
      const bytes = this.#format.unit(unit);
      if (bytes === undefined) return undefined;
      const { isRandomAccess, track } = unit;
      return { bytes, byteLength: bytes.length, isVideo: track.kind === 'video', isRandomAccess };
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  #release(viewer: FanoutViewer): void {
    this.#viewers.delete(viewer);
    this.#leaveIfUnused();
  }

  #leaveIfUnused(): void {
    if (this.#viewers.size > 0) return;
    if (this.#isAttached) this.#stream.removeReader(this);
    this.#isAttached = false;
    this.#onUnused(this);
  }

  #endAll(reason: string): void {
    for (const viewer of [...this.#viewers]) viewer.end(reason, false);
  }
}

/** One peer that watches a stream: its queue, and what it has been given. */
export class FanoutViewer {
  readonly #outlet: ByteOutlet;
  readonly #gate: DropGate;
  readonly #onEnd: FanoutEnd;
  readonly #release: () => void;
  #awaitsEntry = true;
  #isClosed = false;
  #bytes = 0;

  /** @internal Made by the sink. */
  constructor(outlet: ByteOutlet, bounds: DropGateOptions, onEnd: FanoutEnd, release: () => void) {
    this.#outlet = outlet;
    this.#gate = new DropGate(bounds);
    this.#onEnd = onEnd;
    this.#release = release;
  }

  totals(): { readonly bytes: number; readonly dropped: number; readonly queuedBytes: number } {
    return { bytes: this.#bytes, dropped: this.#gate.dropped, queuedBytes: this.#outlet.queuedBytes };
  }

  /** Leaves the stream; nothing is sent any more. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outlet.close();
    this.#release();
  }

  /** @internal Ends the viewer from the stream's side. */
  end(reason: string, isStalled: boolean): void {
    if (this.#isClosed) return;
    this.close();
    this.#onEnd(reason, isStalled);
  }

  /** @internal A header: never dropped. */
  send(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#bytes += bytes.length;
    this.#outlet.send(bytes);
  }

  /** @internal One unit of the stream: sends it, keeps it in the queue, or drops it. */
  offer({ bytes, isVideo, isRandomAccess }: WireUnit, hasVideo: boolean, nowMs: number): void {
    const isEntry = isVideo ? isRandomAccess : !hasVideo;
    if (this.#awaitsEntry) {
      if (!isEntry) return;
      this.#awaitsEntry = false;
    }
    const verdict = this.#gate.admit(isEntry, bytes.length, this.#outlet.queuedBytes, nowMs);
    if (verdict === 'send') {
      this.#bytes += bytes.length;
      this.#outlet.send(bytes);
    } else if (verdict === 'close') {
      this.end('the viewer took nothing for too long', true);
    }
  }
}
