import type { PublishAnswer } from '../../cameras/directory.ts';
import type { SrtLink } from '../../net/srt/srt-link.ts';
import type { SessionTotals } from '../../sessions/session-registry.ts';
import type { Stream } from '../../stream/stream.ts';

/** What SRT can carry of a stream: the stream itself, or one made of it. */
export type FitStream = (stream: Stream, quality: string | undefined) => Stream;

/** One viewer of one stream. */
export interface Viewer {
  /** Leaves the stream. Safe to call twice. */
  close(): void;
  totals(): SessionTotals;
}

/**
 * Begins to send a stream to a peer.
 *
 * @param onEnd called when the stream ends the viewer.
 * @throws {ProtocolError} SRT cannot carry the stream's tracks.
 */
export type OpenViewer = (stream: Stream, link: SrtLink, onEnd: (reason: string) => void) => Viewer;

/** One peer that publishes to a camera. */
export interface Publisher {
  /** MPEG-TS, in order. Never throws. */
  onMedia(bytes: Uint8Array): void;
  /** Leaves the camera. Safe to call twice. */
  close(): void;
  /** Media bytes taken. */
  readonly bytes: number;
}

/** @param onEnd called when the publisher is not wanted any more, or sends nothing of use. */
export type OpenPublisher = (cameraId: string, onEnd: (reason: string) => void) => Publisher;

export type PublishRefusal = Extract<PublishAnswer, { ok: false }>;
