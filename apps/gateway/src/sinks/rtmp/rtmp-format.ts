import {
  FLV_LEGACY_AUDIO,
  FLV_LEGACY_VIDEO,
  FlvTagType,
  FlvWriter,
  type AccessUnit,
  type FlvCodecs,
  type FlvMessage,
  type Track,
} from '@vedette/media';
import {
  RTMP_SERVER_CHUNK_SIZE,
  RTMP_STREAM_ID,
  RtmpChunkStream,
  serializeRtmpMessage,
  type RtmpCodecs,
} from '@vedette/protocols';
import type { Stream } from '../../stream/stream.ts';
import { carries, type Carriage } from '../../transcode/carriage.ts';
import type { ByteOutlet } from '../byte-outlet.ts';
import {
  FanoutSinks,
  type FanoutEnd,
  type FanoutOptions,
  type FanoutViewer,
  type WireFormat,
} from '../fanout.ts';

/** What a player of RTMP can be sent; beyond what RTMP always carried, what it says it takes. */
export function rtmpCarriage({ video, audio }: RtmpCodecs): Carriage {
  return {
    video: [...FLV_LEGACY_VIDEO, ...video],
    reorders: true,
    audio: [...FLV_LEGACY_AUDIO, ...audio],
  };
}

/** What every RTMP server can be sent. */
export const RTMP_PUSH_CARRIAGE: Carriage = { video: ['h264'], reorders: true, audio: ['aac'] };

/** What differs from one connection to the other: the same for all viewers of the server. */
export interface RtmpFraming {
  readonly streamId: number;
  readonly chunkSize: number;
}

const LEGACY: FlvCodecs = { video: FLV_LEGACY_VIDEO, audio: FLV_LEGACY_AUDIO };
const ENHANCED: FlvCodecs = {
  video: [...FLV_LEGACY_VIDEO, 'h265', 'av1'],
  audio: [...FLV_LEGACY_AUDIO, 'opus'],
};
const SERVER_FRAMING: RtmpFraming = { streamId: RTMP_STREAM_ID, chunkSize: RTMP_SERVER_CHUNK_SIZE };

/** A stream as RTMP messages: metadata, configurations, then a message a unit. */
export class RtmpFormat implements WireFormat {
  readonly #writer: FlvWriter;
  readonly #framing: RtmpFraming;

  /** @param codecs what may be sent; other tracks are left out. */
  constructor(framing: RtmpFraming = SERVER_FRAMING, codecs: FlvCodecs = LEGACY) {
    this.#framing = framing;
    this.#writer = new FlvWriter(codecs);
  }

  header(tracks: readonly Track[]): Buffer {
    return Buffer.concat(this.#writer.header(tracks).map((message) => this.#frame(message)));
  }

  unit(unit: AccessUnit): Buffer | undefined {
    const message = this.#writer.unit(unit);
    return message === undefined ? undefined : this.#frame(message);
  }

  #frame({ type, timestamp, body, length }: FlvMessage): Buffer {
    const { streamId, chunkSize } = this.#framing;
    const chunkStreamId = CHUNK_STREAMS[type] ?? RtmpChunkStream.status;
    const message = { chunkStreamId, type, streamId, timestamp, body, length };
    return Buffer.from(serializeRtmpMessage(message, chunkSize).buffer);
  }
}

const CHUNK_STREAMS: Readonly<Record<number, number>> = {
  [FlvTagType.audio]: RtmpChunkStream.audio,
  [FlvTagType.video]: RtmpChunkStream.video,
};

/**
 * The RTMP sinks of all streams, for the viewers of the server. All viewers of a stream share their bytes; streams
 * that need Enhanced RTMP are apart, so that nobody is sent one by a change of tracks who does not know it.
 */
export class RtmpSinks {
  readonly #legacy: FanoutSinks;
  readonly #enhanced: FanoutSinks;

  constructor(options: Pick<FanoutOptions, 'bounds' | 'clock'> = {}) {
    const sinks = (codecs: FlvCodecs): FanoutSinks =>
      new FanoutSinks({ name: 'rtmp', format: () => new RtmpFormat(SERVER_FRAMING, codecs), ...options });
    this.#legacy = sinks(LEGACY);
    this.#enhanced = sinks(ENHANCED);
  }

  /** Sinks at work. */
  get size(): number {
    return this.#legacy.size + this.#enhanced.size;
  }

  /**
   * As {@link FanoutSinks.open}.
   *
   * @param codecs what this player takes beyond what RTMP always carried.
   * @throws {ProtocolError} `ERR_FLV_CODEC`: nothing of the stream can be sent to it.
   */
  open(stream: Stream, codecs: RtmpCodecs, outlet: ByteOutlet, onEnd: FanoutEnd): FanoutViewer {
    const carriage = rtmpCarriage(codecs);
    const isLegacy = (track: Track): boolean =>
      track.kind === 'video' ? LEGACY.video.includes(track.codec) : LEGACY.audio.includes(track.codec);
    const needsMore = stream.tracks.some((track) => !isLegacy(track) && carries(carriage, track));
    return (needsMore ? this.#enhanced : this.#legacy).open(stream, outlet, onEnd);
  }
}
