import type { DeliveryDirectives, Variant } from '@vedette/protocols';
import type { Stream } from '../../stream/stream.ts';

/**
 * Why there is no answer: `unplayable`: browsers have no decoder for any track; `ended`: the stream is
 * over; `notYet`: a bounded wait was in vain; `tooFarAhead`: the client asks for what no honest one does;
 * `gone`: not held any more, or never was; `busy`: too many wait already; `aborted`: the wait was cancelled.
 */
export type HlsRefusal = 'unplayable' | 'ended' | 'notYet' | 'tooFarAhead' | 'gone' | 'busy' | 'aborted';

export type HlsAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: HlsRefusal };

/** A version of a playlist, shared by everyone who asks for it. */
export interface HlsPlaylist {
  readonly text: Buffer;
  readonly gzip: Buffer;
  /** Without quotes. */
  readonly etag: string;
}

/** One stream as HLS. Every call may wait, for a bounded time or until `signal` aborts. */
export interface HlsFeed {
  /** The stream as a variant of a multivariant playlist, its media playlist being at `uri`. */
  variant(uri: string, signal: AbortSignal): Promise<HlsAnswer<Variant>>;
  playlist(
    kind: 'lowLatency' | 'plain',
    directives: DeliveryDirectives,
    signal: AbortSignal,
  ): Promise<HlsAnswer<HlsPlaylist>>;
  /** A segment, part or init segment, by the name that the playlist gives it. */
  resource(name: string, signal: AbortSignal): Promise<HlsAnswer<Buffer>>;
}

/** What the routes serve from: makes a stream's feed on the first call, and keeps it while calls come. */
export interface HlsOutput {
  /** @param isOfLadder for a player that changes between the renditions of a camera. */
  open(stream: Stream, isOfLadder: boolean): HlsFeed;
}
