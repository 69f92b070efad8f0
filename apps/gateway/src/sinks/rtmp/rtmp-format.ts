import {
  FLV_LEGACY_AUDIO,
  FLV_LEGACY_VIDEO,
  FlvTagType,
  FlvWriter,
  type AccessUnit,
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
import type { Carriage } from '../../transcode/carriage.ts';
import { FanoutSinks, type FanoutOptions, type WireFormat } from '../fanout.ts';

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

const SERVER_FRAMING: RtmpFraming = { streamId: RTMP_STREAM_ID, chunkSize: RTMP_SERVER_CHUNK_SIZE };

/** A stream as RTMP messages: metadata, configurations, then a message a unit. */
export class RtmpFormat implements WireFormat {
  readonly #writer = new FlvWriter();
  readonly #framing: RtmpFraming;

  constructor(framing: RtmpFraming = SERVER_FRAMING) {
    this.#framing = framing;
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

/** The RTMP sinks of all streams, for the viewers of the server. */
export function createRtmpSinks(options: Pick<FanoutOptions, 'bounds' | 'clock'> = {}): FanoutSinks {
  return new FanoutSinks({ name: 'rtmp', format: () => new RtmpFormat(), ...options });
}
