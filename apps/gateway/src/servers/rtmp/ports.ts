import type { RtmpCodecs, RtmpMessage } from '@vedette/protocols';
import type { SessionTotals } from '../../sessions/session-registry.ts';
import type { ByteOutlet } from '../../sinks/byte-outlet.ts';
import type { FanoutEnd } from '../../sinks/fanout.ts';
import type { Stream } from '../../stream/stream.ts';

/** What the server needs of a source: one peer that publishes. */
export interface Publisher {
  /** @throws {ProtocolError} the message is bad, or of a codec that cannot be taken. */
  onMedia(message: RtmpMessage): void;
  /** Looks at the deadlines; to be called about every second. */
  check(): void;
  /** Leaves the camera. Safe to call twice. */
  close(): void;
  totals(): SessionTotals;
}

/**
 * Makes a publisher.
 *
 * @param onEnd called when the publisher is not wanted any more, or is silent for too long.
 */
export type OpenPublisher = (cameraId: string, onEnd: (reason: string) => void) => Publisher;

/** What the server needs of a sink: one viewer of one stream. */
export interface Viewer {
  /** Leaves the stream. Safe to call twice. */
  close(): void;
  totals(): SessionTotals;
}

/**
 * Begins to send `stream`.
 *
 * @param codecs what the player takes beyond what RTMP always carried.
 * @throws {ProtocolError} nothing of the stream can be sent to it.
 */
export type OpenViewer = (stream: Stream, codecs: RtmpCodecs, outlet: ByteOutlet, onEnd: FanoutEnd) => Viewer;

/**
 * A stream as this player can be sent it.
 *
 * @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`.
 */
export type FitStream = (stream: Stream, codecs: RtmpCodecs, quality: string | undefined) => Stream;
