import { ProtocolError, type ErrorCode } from '@vedette/media';
import type { Duplex } from 'node:stream';
import { WebSocket, type RawData } from 'ws';
import { AckedLine } from '../../adaptation/acked-line.ts';
import { AUTO_QUALITY, SOURCE_QUALITY, ViewerQuality, type Rung } from '../../adaptation/viewer-quality.ts';
import type { CameraView } from '../../cameras/directory.ts';
import type { SessionOwner, SessionTotals } from '../../sessions/session-registry.ts';
import type { ByteOutlet } from '../../sinks/byte-outlet.ts';
import type { FanoutEnd, FanoutViewer } from '../../sinks/fanout.ts';
import { SocketOutlet, type OutletSocket } from '../../sinks/socket-outlet.ts';
import { steadyClock, type Stream } from '../../stream/stream.ts';
import { MAX_MESSAGES_PER_SECOND, parseClientMessage } from './client-message.ts';

/** A ping that nothing answers for this long: the viewer is gone. */
const PING_EVERY_MS = 10_000;
/** With more than this on its way an answer may take its time; the queue's own limit counts then. */
const PING_QUEUE_BYTES = 64 * 1024;
/** A rendition gets this long to begin. */
const LIVE_TIMEOUT_MS = 8000;
/** A viewer that does not answer the end of its session is cut off. */
const CLOSE_TIMEOUT_MS = 2000;
/** Bytes of a reason in a close frame (RFC 6455 §5.5). */
const MAX_REASON = 100;

/** What a session needs of the program around it. */
export interface MseSessionOptions {
  readonly camera: CameraView;
  /** The stream that makes this quality for this viewer; live or not. */
  readonly fit: (quality: string) => Stream;
  readonly rungs: () => readonly Rung[];
  /** A name, or `auto`. */
  readonly quality: string;
  readonly maxHeight: number | undefined;
  readonly openViewer: (
    stream: Stream,
    quality: string,
    outlet: ByteOutlet,
    onEnd: FanoutEnd,
  ) => FanoutViewer;
  /** It plays: enters it into the list of sessions. @returns takes it out */
  readonly onStarted: (session: MseSession) => (reason: string) => void;
}

/** One viewer on a WebSocket. */
export class MseSession implements SessionOwner {
  readonly #socket: WebSocket;
  readonly #wire: OutletSocket;
  readonly #options: MseSessionOptions;
  readonly #quality: ViewerQuality;
  readonly #line = new AckedLine();
  readonly #closed = new AbortController();
  #viewer: FanoutViewer | undefined;
  #outlet: SocketOutlet | undefined;
  /** What it is given now; `undefined` before the first. */
  #given: string | undefined;
  #wanted: string | undefined;
  #end: ((reason: string) => void) | undefined;
  /** Of viewers before a change of quality. */
  #before = { bytes: 0, dropped: 0 };
  #toldDropped = 0;
  #messages = 0;
  #tickMs = steadyClock();
  #pingedMs: number | undefined;
  #heardMs = steadyClock();

  /**
   * @param connection what `socket` reads and writes: frames that all viewers share go there as they are
   * @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`.
   */
  constructor(socket: WebSocket, connection: Duplex, options: MseSessionOptions) {
    const { rungs, quality: choice, maxHeight } = options;
    this.#quality = new ViewerQuality({ rungs, choice, maxHeight, nowMs: steadyClock() });
    this.#socket = socket;
    this.#wire = counted(connection, this.#line);
    this.#options = options;
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('pong', () => this.#heard());
    socket.on('close', () => this.#ended('the viewer left'));
  }

  /** Aborts when the session is over, such as when the viewer leaves. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Begins to send; resolves when it plays. @throws {ProtocolError} it can't be. */
  async start(): Promise<void> {
    await this.#give(this.#quality.current);
    if (this.#closed.signal.aborted) return;
    this.#end = this.#options.onStarted(this);
  }

  totals(): SessionTotals {
    const { bytes = 0, dropped = 0, queuedBytes = 0 } = this.#viewer?.totals() ?? {};
    return { bytes: this.#before.bytes + bytes, dropped: this.#before.dropped + dropped, queuedBytes };
  }

  close(reason: string): void {
    this.#hangUp(1001, reason);
    this.#ended(reason);
  }

  /** Cannot be shown: says why, for players to act on, and ends. */
  refuse(code: ErrorCode, message: string, status: number): void {
    this.#tell({ type: 'error', code, message });
    this.#hangUp(4000 + status, message);
    this.#ended(message);
  }

  /** A few times a second. */
  tick(nowMs: number): void {
    if (nowMs - this.#tickMs >= 1000) {
      this.#tickMs = nowMs;
      this.#messages = 0;
      this.#checkLife(nowMs);
      this.#tellDropped();
    }
    if (this.#viewer === undefined) return;
    this.#quality.report(this.#line.report(nowMs), nowMs);
    void this.#follow();
  }

  /** Gives the viewer what it is to have now; one change at a time. */
  async #follow(): Promise<void> {
    const { current } = this.#quality;
    if (current === (this.#wanted ?? this.#given)) return;
    try {
      await this.#give(current);
    } catch (error) {
      this.#quality.revert(this.#given ?? SOURCE_QUALITY, steadyClock());
      if (error instanceof ProtocolError)
        this.#tell({ type: 'error', code: error.code, message: error.message });
    }
  }

  async #give(quality: string): Promise<void> {
    const { fit, openViewer } = this.#options;
    this.#wanted = quality;
    try {
      const stream = fit(quality);
      await stream.live(AbortSignal.any([this.#closed.signal, AbortSignal.timeout(LIVE_TIMEOUT_MS)]));
      if (this.#closed.signal.aborted || this.#wanted !== quality) return;
      const outlet = new SocketOutlet(this.#wire);
      const before = this.#viewer;
      const { bytes = 0, dropped = 0 } = before?.totals() ?? {};
      // Not before: the stream that is left may be the one that the other is made of.
      const viewer = openViewer(stream, quality, outlet, (reason, isStalled) =>
        this.#onEnd(reason, isStalled),
      );
      before?.close();
      this.#before = { bytes: this.#before.bytes + bytes, dropped: this.#before.dropped + dropped };
      this.#viewer = viewer;
      this.#outlet = outlet;
      this.#given = quality;
      this.#tellQuality();
    } finally {
      if (this.#wanted === quality) this.#wanted = undefined;
    }
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#heard();
    this.#messages += 1;
    if (isBinary || this.#messages > MAX_MESSAGES_PER_SECOND) {
      const what = isBinary ? 'binary messages are not taken' : 'too many messages';
      this.refuse('ERR_MSE_MESSAGE', what, 400);
      return;
    }
    try {
      const message = parseClientMessage(textOf(data));
      const nowMs = steadyClock();
      if (message.type === 'progress') this.#line.acked(message.units, nowMs);
      if (message.type !== 'quality') return;
      this.#quality.choose(message.quality, message.maxHeight, nowMs);
      this.#tellQuality();
      void this.#follow();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.code === 'ERR_MSE_MESSAGE') this.refuse(error.code, error.message, 400);
      else this.#tell({ type: 'error', code: error.code, message: error.message });
    }
  }

  #heard(): void {
    this.#heardMs = steadyClock();
    this.#pingedMs = undefined;
  }

  #checkLife(nowMs: number): void {
    const { socket, queued } = { socket: this.#socket, queued: this.#outlet?.queuedBytes ?? 0 };
    if (
      this.#pingedMs !== undefined &&
      nowMs - this.#pingedMs >= PING_EVERY_MS &&
      queued < PING_QUEUE_BYTES
    ) {
      socket.terminate();
      this.#ended('the viewer vanished');
    } else if (this.#pingedMs === undefined && nowMs - this.#heardMs >= PING_EVERY_MS) {
      this.#pingedMs = nowMs;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }
  }

  #tellDropped(): void {
    const { dropped } = this.totals();
    if (dropped === this.#toldDropped) return;
    this.#toldDropped = dropped;
    this.#tell({ type: 'dropped', count: dropped });
  }

  /** What it is given, what it chose, and what there is to choose from. */
  #tellQuality(): void {
    const { choice } = this.#quality;
    const names = this.#options.rungs().map(({ name, height }) => ({ name, height }));
    this.#tell({
      type: 'quality',
      quality: this.#given ?? SOURCE_QUALITY,
      isAutomatic: choice === AUTO_QUALITY,
      available: names,
    });
  }

  #tell(message: Readonly<Record<string, unknown>>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #onEnd(reason: string, isStalled: boolean): void {
    if (isStalled) this.#socket.terminate();
    else this.#hangUp(1001, reason);
    this.#ended(reason);
  }

  #hangUp(code: number, reason: string): void {
    const { readyState } = this.#socket;
    if (readyState !== WebSocket.OPEN) return;
    this.#viewer?.close(); // nothing may follow a close frame
    this.#socket.close(code, reason.slice(0, MAX_REASON));
    setTimeout(() => this.#socket.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  #ended(reason: string): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(new Error(reason));
    this.#viewer?.close();
    this.#end?.(reason);
  }
}

/** The connection as an outlet sees it; counts what really leaves. */
function counted(connection: Duplex, line: AckedLine): OutletSocket {
  return {
    get writableLength() {
      return connection.writableLength;
    },
    write: (bytes) => {
      line.sent(bytes.byteLength, steadyClock());
      return connection.write(bytes);
    },
    cork: () => connection.cork(),
    uncork: () => connection.uncork(),
    on: (event, listener) => connection.on(event, listener),
    off: (event, listener) => connection.off(event, listener),
  };
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : '';
}
