import type { Stream } from '../../stream/stream.ts';
import type { ByteOutlet } from '../byte-outlet.ts';
import { FanoutSinks, type FanoutEnd, type FanoutViewer } from '../fanout.ts';
import { MseFormat } from './mse-format.ts';

/** Sends streams to browsers in fragments of MP4: one sink a stream. */
export class MseSinks {
  readonly #qualities = new WeakMap<Stream, string>();
  readonly #sinks = new FanoutSinks({
    name: 'mse',
    format: (stream) => new MseFormat(this.#qualities.get(stream) ?? 'source'),
  });

  /** Sinks at work. */
  get size(): number {
    return this.#sinks.size;
  }

  /**
   * Begins to send `stream` to a WebSocket: `outlet` is given whole frames.
   *
   * @param quality what the rendition is called
   * @throws {ProtocolError} `ERR_MSE_UNPLAYABLE`.
   */
  open(stream: Stream, quality: string, outlet: ByteOutlet, onEnd: FanoutEnd): FanoutViewer {
    this.#qualities.set(stream, quality);
    return this.#sinks.open(stream, outlet, onEnd);
  }
}
